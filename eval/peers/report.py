"""Tables of a bench.csv in Markdown: bars and whether they are met, what must be equal,
and every job.

    python eval/peers/report.py bench.csv [RUN]
"""

import csv
import json
import math
import statistics
import sys

import jobs
import machine

NUMBERS = ("seconds", "again", "cpu", "rss_mb", "extra_mb", "cores", "load")


def read(file, run):
    """Rows of one run, numbers as numbers ("" where there is none)."""
    rows = []
    with open(file, newline="") as f:
        for r in csv.DictReader(f):
            if r["run"] != run:
                continue
            for key in NUMBERS:
                r[key] = float(r[key]) if r[key] else ""
            r["round"], r["outcome"] = int(r["round"]), json.loads(r["outcome"] or "{}")
            rows.append(r)
    return rows


class Taken:
    """All measurements of one tool on one job. Where enough of them were taken with two
    cores, the others do not count."""

    def __init__(self, rows):
        self.all = rows
        self.note = next((r["note"] for r in rows if r["note"]), "")
        timed = [r for r in rows if r["seconds"] != ""]
        good = [r for r in timed if r["cores"] >= machine.ENOUGH]
        self.clean = len(good) >= min(3, len(timed))
        self.rows = good if self.clean and good else timed
        self.outcome = {}
        for r in reversed(timed):
            self.outcome |= r["outcome"]
        objectives = [r["outcome"]["objective"] for r in timed if r["outcome"].get("objective") is not None]
        if len(set(objectives)) > 1:  # of several seeds
            self.outcome["objective"], self.outcome["seeds"] = statistics.fmean(objectives), len(objectives)
        self.version = next((r["version"] for r in timed if r["version"]), "")

    def __bool__(self):
        return bool(self.rows)

    def median(self, key):
        v = [r[key] for r in self.rows if r[key] != ""]
        return statistics.median(v) if v else None

    def told(self, key):
        return statistics.median([r["outcome"][key] for r in self.rows if key in r["outcome"]] or [0])

    def least(self):
        return min(r["seconds"] for r in self.rows)

    def steps(self):
        return self.outcome.get("n_iter") or 1


def holds(check, ours, theirs):
    """None where one side has no such value, else (holds, words)."""
    if check.how == "labels":
        if theirs.get("same") is None:
            return None
        return 1 - theirs["same"] <= check.within, f"{theirs['different']} rows differ"
    if check.how == "ari":
        if theirs.get("ari") is None:
            return None
        return theirs["ari"] >= 1 - check.within, f"adjusted Rand index {theirs['ari']:.6f}"
    a, b = ours.get(check.field), theirs.get(check.field)
    if a is None or b is None:
        return None
    off = (a - b) / max(abs(a), abs(b), 1e-300)
    ok = off <= check.within if check.how == "at most" else abs(off) <= check.within
    return ok, f"{a:.15g} and {b:.15g}, relative {off:+.1e}"


def number(v, digits=3):
    if v is None:
        return ""
    if v == 0 or abs(v) >= 1000:
        return f"{v:.0f}"
    return f"{v:.{max(digits - 1 - math.floor(math.log10(abs(v))), 0)}f}"


def row(*cells):
    return "| " + " | ".join(str(c) for c in cells) + " |"


def heading(*cells):
    return [row(*cells), row(*["---"] * len(cells))]


class Summary:
    def __init__(self, rows):
        self.rows, self.taken = rows, {}
        for r in rows:
            self.taken.setdefault((r["job"], r["tool"]), []).append(r)
        self.taken = {key: Taken(v) for key, v in self.taken.items()}
        self.jobs = [j for j in jobs.jobs() if any(job == j.id for job, _ in self.taken)]

    def of(self, job, tool):
        return self.taken.get((job.id, tool)) or Taken([])

    def ratio(self, job, peer, key="seconds"):
        """How many times as long the peer takes; None where one of the two has no time."""
        ours, theirs = self.of(job, "mores"), self.of(job, peer.tool)
        if not ours or not theirs:
            return None
        a, b = ours.median("cpu" if key == "cpu" else "seconds"), theirs.median(key)
        if a and job.minus:
            a -= ours.told("less_cpu" if key == "cpu" else "less_s")
        if not a or not b or a < 0:
            return None
        return b / a * (ours.steps() / theirs.steps() if peer.per == "iteration" else 1)

    def bars(self):
        out = heading("bar", "measured", "geometric mean", "by CPU seconds", "least", "wanted", "met")
        for name, bar in jobs.BARS.items():
            pairs = [(j, p) for j in jobs.jobs() for p in j.peers if p.bar == name]
            got = [(r, self.ratio(j, p, "cpu"), j) for j, p in pairs if (r := self.ratio(j, p)) is not None]
            if not got:
                continue
            mean = statistics.geometric_mean([r for r, _, _ in got])
            cpu = [c for _, c, _ in got if c]
            least, _, where = min(got, key=lambda g: g[0])
            ok = mean >= bar.mean and least >= bar.least
            wanted = f"≥ {bar.mean:g}×" + (f", each ≥ {bar.least:g}×" if bar.least else "")
            met = ("yes" if ok else "**no**") + ("" if len(got) == len(pairs) else ", in part")
            out.append(row(bar.text, f"{len(got)} of {len(pairs)}", number(mean) + "×", number(statistics.geometric_mean(cpu)) + "×" if cpu else "", f"{number(least)}× ({where.id})", wanted, met))
        return out

    def equal(self):
        good, bad = 0, []
        for j in self.jobs:
            ours = self.of(j, "mores").outcome
            for c in j.checks:
                if (h := holds(c, ours, self.of(j, c.peer).outcome)) is None:
                    continue
                good += h[0]
                if not h[0]:
                    bad.append(row(j.id, c.peer, f"{c.field} {c.how} {c.within:g}", h[1]))
        return [f"{good} of {good + len(bad)} comparisons hold."] + ([""] + heading("job", "peer", "wanted", "found") + bad if bad else [])

    def limits(self):
        out = []
        for j in self.jobs:
            t = self.of(j, "mores")
            for what, most in j.limits.items():
                got = (t.median(what) if what in NUMBERS else t.outcome.get(what)) if t else None
                if got is not None:
                    out.append(row(j.id, what, number(got, 4), f"≤ {most:g}", "yes" if got <= most else "**no**"))
        return out and heading("job", "what", "found", "wanted", "met") + out

    def section(self, name):
        out = heading("job", "tool", "median s", "best s", "CPU s", "extra MB", "times mores", "by CPU", "warm", "outcome")
        for j in (j for j in self.jobs if j.section == name):
            for tool, peer in [("mores", None)] + [(p.tool, p) for p in j.peers]:
                t = self.of(j, tool)
                if not t.all:
                    continue
                if not t:
                    out.append(row(j.id, tool, t.note, *[""] * 7))
                    continue
                ratios = ["", "", ""] if not peer else [number(self.ratio(j, peer, key)) for key in ("seconds", "cpu", "again")]
                mark = "" if t.clean else " †"
                out.append(row(j.id, tool, number(t.median("seconds"), 4) + mark, number(t.least(), 4), number(t.median("cpu")), number(t.median("extra_mb")), *ratios, said(t.outcome)))
        return out


def said(outcome):
    keep = ("GFLOP/s", "level", "objective", "seeds", "value", "reason", "n_iter", "n_clusters", "n_noise", "heights", "different", "ari", "fallback", "bytes_read / input_bytes", "less_s")
    return " ".join(f"{k}={outcome[k]:.12g}" if isinstance(outcome[k], float) else f"{k}={outcome[k]}" for k in keep if outcome.get(k) is not None)


def markdown(rows, run):
    s = Summary(rows)
    versions = sorted({(r["tool"], r["version"]) for r in rows if r["version"]})
    cores = sorted(r["cores"] for r in rows) or [0]
    bad = sum(c < machine.ENOUGH for c in cores)
    out = [
        f"# mores and its peers, run {run}",
        "",
        f"{machine.about()}; {rows[0]['when']} to {rows[-1]['when']}." if rows else "Nothing is measured.",
        "; ".join(f"{t} {v}" for t, v in versions) + ".",
        f"Two threads did {cores[len(cores) // 2]:.2f} times the work of one (median); {bad} of {len(cores)} measurements were taken at less than {machine.ENOUGH}"
        + (" (†: a job has too few others)." if bad else "."),
        "",
        "Each time is the median of fits in processes of their own, data in memory; *times mores* is the peer's time divided by ours,",
        "*by CPU* the same of CPU seconds, *warm* the peer's best repeated fit in one process divided by our single one.",
        "",
        "## Bars",
        "",
        *s.bars(),
        "",
        "## What must be equal",
        "",
        *s.equal(),
    ]  # fmt: skip
    if limits := s.limits():
        out += ["", "## Limits", "", *limits]
    left = sorted({(r["tool"], r["section"], r["note"]) for r in rows if r["note"] and not s.taken[r["job"], r["tool"]]})
    if left:
        out += ["", "## Left out", "", *heading("tool", "section", "why"), *(row(*x) for x in left)]
    for name in dict.fromkeys(j.section for j in s.jobs):
        out += ["", f"## {name}", "", *s.section(name)]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    run = sys.argv[2] if len(sys.argv) > 2 else "1"
    sys.stdout.write(markdown(read(sys.argv[1], run), run))
