"""Measure mores against its peers, in turn, on one machine, in one run.

    python eval/peers/bench.py --list                    # jobs by section
    python eval/peers/bench.py --all                     # everything; goes on where it stopped
    python eval/peers/bench.py --section gmm --repeat 3
    python eval/peers/bench.py --only 'kmeans/gmm8*' --tool mores --tool scikit-learn
    python eval/peers/bench.py --quick                   # one round on small sets: does it work?

Each measurement is one fit in a process of its own, data in memory before the clock
starts: mores through `mores cluster --json` and `mores eval --json`, each peer through
peer.py. mores and the peers take turns (A B C A B C …), --repeat rounds; what takes more
than 30 s runs once, more than 8 s three times. Before each turn two threads must do at
least 1.8 times the work of one, else the run waits, and what is measured in a spell that
does not pass is marked. Every measurement is a line of the CSV; lines of the same --run
are not measured again. report.py makes the tables.
"""

import argparse
import csv
import fcntl
import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import numpy as np

import agree
import jobs
import machine
import make_data
import report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COLUMNS = "run,when,section,job,tool,version,round,seconds,again,cpu,rss_mb,extra_mb,cores,load,outcome,note".split(",")
LONG, LONGER, AGAIN = 8.0, 30.0, 1.0


class Enough(Exception):
    """--minutes are over."""


class Bench:
    def __init__(self, o):
        self.o = o
        self.env = dict(os.environ, GOMAXPROCS=str(o.threads), PYTHONDONTWRITEBYTECODE="1")
        for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "PARLAY", "RAYON"):
            self.env[name + "_NUM_THREADS"] = str(o.threads)
        self.env["LOKY_MAX_CPU_COUNT"] = str(o.threads)
        self.scratch = make_data.DATA / "scratch"
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.empty, self.end = {}, time.monotonic() + 60 * o.minutes
        rows = report.read(o.out, o.run) if o.out.exists() else []
        self.rows = [r for r in rows if not r["note"].startswith("left out")]  # perhaps it is there now
        new = not o.out.exists()
        self.file = open(o.out, "a", newline="")
        self.csv = csv.DictWriter(self.file, COLUMNS)
        if new:
            self.csv.writeheader()

    # ---- one measurement

    def command(self, argv, timeout=0):
        """Run mores once: its result."""
        argv = [self.o.mores, *argv, "--json", "-q", "--jobs", str(self.o.threads)]
        p = subprocess.run(argv, capture_output=True, text=True, env=self.env, timeout=timeout or self.o.timeout)
        if p.returncode:
            raise LookupError(f"exit {p.returncode}: {' '.join((p.stderr or p.stdout).split())[:200]}")
        return json.loads(p.stdout.splitlines()[-1])

    def benchmark(self, job, round):
        """Run one of our Go benchmarks once on the job's file: seconds of the operation."""
        package, name = job.go
        told = {"MORES_NPY": jobs.file(job.set, make_data.sets()[job.set]), "MORES_K": str(job.k), "MORES_SEED": str(round + 1)}
        told |= {"MORES_" + key.upper(): str(v) for key, v in job.settings.items()}
        pattern = "/".join(f"^{re.escape(part)}$" for part in name.split("/"))
        p = subprocess.run(
            ["go", "test", package, "-run", "xxx", "-bench", pattern, "-benchtime", "1x"],
            cwd=ROOT, capture_output=True, text=True, env=self.env | told, timeout=self.o.timeout,
        )  # fmt: skip
        took = re.search(r"^Benchmark\S*\s+\d+\s+([\d.e+]+) ns/op(.*)", p.stdout, re.M)
        if not took:
            raise LookupError(f"go test {package} has no {name}: {' '.join((p.stderr + p.stdout).split())[-200:]}")
        m = {"version": self.o.version, "seconds": float(took[1]) / 1e9, "outcome": {}}
        if potential := re.search(r"([\d.e+]+) potential/row", took[2]):
            m["outcome"]["objective"] = float(potential[1]) * make_data.sets()[job.set]["n"]
        # A benchmark's metrics are printed with four digits: what is compared it logs as name=value.
        m["outcome"] |= {name: float(value) for name, value in re.findall(r"\.go:\d+: (\w+)=([\d.e+-]+)$", p.stdout, re.M)}
        return m

    def bare(self, job):
        """Peak memory of reading the set and doing (almost) nothing with it, MB."""
        if job.set not in self.empty:
            r = self.command(["cluster", "dummy", "-i", jobs.file(job.set, make_data.sets()[job.set]), "--set", "strategy=one", "--set", "n_clusters=1"])
            self.empty[job.set] = r["peak_rss_bytes"] / 2**20
        return self.empty[job.set]

    def run_mores(self, job, argv, tool, round):
        if job.go:
            return self.benchmark(job, round)
        argv = list(argv) + (["--seed", str(round + 1)] if job.seeded else [])
        if job.metric:
            s = self.command(argv)["scores"][job.metric]
            return {"version": self.o.version, "seconds": s["seconds"], "cpu": s.get("cpu_seconds"), "outcome": {"value": s.get("value"), "reason": s.get("reason")}}
        small = make_data.sets()[job.set]["n"] <= 2_000_000  # there, labels are looked at
        labels, tree = self.labels(job, tool), self.scratch / "Z.npy"
        if first := round == 0 and small:
            argv += ["-o", str(labels) + ".csv"]
            if job.task == "linkage" and make_data.sets()[job.set]["n"] <= 50_000:
                argv += ["--linkage-out", str(tree)]
        r = self.command(argv, job.timeout)
        rss = r["peak_rss_bytes"] / 2**20
        outcome = {key: r[key] for key in ("objective", "n_iter", "n_clusters", "n_noise", "stop")} | ({"warnings": r["warnings"]} if r["warnings"] else {})
        if r.get("streamed"):
            outcome |= {"streamed": True, "bytes_read / input_bytes": r["bytes_read"] / r["input_bytes"]}
        m = {"version": self.o.version, "seconds": r["fit_seconds"], "cpu": r["cpu_seconds"], "rss_mb": rss, "outcome": outcome}
        if first:
            np.save(labels, np.loadtxt(str(labels) + ".csv", delimiter=",", skiprows=1, usecols=1, dtype=np.int32))
            os.remove(str(labels) + ".csv")
            if "--linkage-out" in argv:
                z = np.load(tree)
                outcome |= {"heights": float(z[:, 2].sum()), "highest": float(z[-1, 2])}
        if small and (extra := rss - self.bare(job)) > 1:  # else it is hidden beneath what reading the file took
            m["extra_mb"] = extra
        if job.minus:
            less = self.command(job.minus)
            outcome |= {"less_s": less["fit_seconds"], "less_cpu": less["cpu_seconds"]}
        return m

    def run_peer(self, job, peer, round):
        first, spec = round == 0, make_data.sets()[job.set]
        told = {"tool": peer.tool, "task": job.task, "file": jobs.file(job.set, spec), "k": job.k, "threads": self.o.threads, "again_s": AGAIN} | job.settings | ({"seed": round + 1} if job.seeded else {})
        if job.start:
            told["init"] = str(make_data.DATA / f"{job.set}.init{job.k}.npy")
        if first:
            told["labels_out"] = str(self.labels(job, peer.tool))
        if peer.per == "iteration":
            if not (mine := [r for r in self.rows if r["job"] == job.id and r["tool"] == "mores" and r["seconds"]]):
                raise LookupError("mores was not measured: its number of iterations is not known")
            told["steps"] = mine[0]["outcome"]["n_iter"]
        python = next((p for tool, p in self.o.python if fnmatch.fnmatch(peer.tool, tool)), sys.executable)
        p = subprocess.run([python, str(HERE / "peer.py"), json.dumps(told)], capture_output=True, text=True, env=self.env, timeout=job.timeout or self.o.timeout)
        if p.returncode:
            raise LookupError(f"exit {p.returncode}: {' '.join(p.stderr.split())[-300:]}")
        m = json.loads(p.stdout.splitlines()[-1])
        if "skip" in m:
            raise LookupError(m["skip"])
        return m

    def labels(self, job, tool):
        return self.scratch / f"{job.id}.{tool}.npy".replace("/", "_").replace(" ", "_")

    def one(self, job, tool, peer, round):
        cores = machine.wait_for_two(self.o.patience) if tool == "mores" else machine.cores()
        row = dict.fromkeys(COLUMNS, "") | {
            "run": self.o.run, "when": time.strftime("%Y-%m-%dT%H:%M:%S"), "section": job.section, "job": job.id, "tool": tool,
            "round": round, "cores": round_to(cores, 3), "load": round_to(machine.load(), 3), "outcome": {},
        }  # fmt: skip
        try:
            if peer and not peer.argv:
                m = self.run_peer(job, peer, round)
            else:
                m = self.run_mores(job, peer.argv if peer else job.mores, tool, round)
        except subprocess.TimeoutExpired:
            m = {"note": f"stopped after {job.timeout or self.o.timeout:g} s"}
        except LookupError as e:
            m = {"note": f"left out: {e}"}
        if round == 0 and peer and m.get("seconds"):
            a, b = self.labels(job, "mores"), self.labels(job, tool)
            if a.exists() and b.exists():
                m["outcome"] |= agree.compare(np.load(a), np.load(b))
        row |= {key: round_to(v, 6) if isinstance(v, float) else v for key, v in m.items() if v is not None}
        self.keep(row)

    def keep(self, row):
        self.rows.append(row)
        self.csv.writerow(row | {"outcome": json.dumps(row["outcome"])})
        self.file.flush()
        cores = row["cores"]
        word = row["note"] or f"{row['seconds']:.4f} s  cpu {row['cpu'] if row['cpu'] != '' else '-'}  {brief(row['outcome'])}"
        print(f"  {row['job']:32} {row['tool']:26} {row['round']}  {'' if cores >= machine.ENOUGH else f'[{cores:.1f} cores] '}{word}", flush=True)

    # ---- the turns

    def rounds(self, job, tool, peer):
        done = [r for r in self.rows if r["job"] == job.id and r["tool"] == tool]
        if any(r["note"] for r in done):
            return 0  # it is missing, fails or is too slow: once is enough
        slowest = max((r["seconds"] for r in done), default=0)
        most = min(self.o.repeat, peer.rounds if peer else 99)
        return min(most, 1 if slowest > LONGER else 3 if slowest > LONG else most)

    def kernels(self, mine):
        """The kernel's rate and the peak, five times in one process, the best of each."""
        if any(r["section"] == "kernel" and r["seconds"] != "" for r in self.rows):
            return
        cores = machine.wait_for_two(self.o.patience)
        rates = machine.rates(ROOT, "Peak|Top2", "avx512|avx2", "float32|k=", "cores=1|d=" , count=1 if self.o.quick else 5)
        for j in mine:
            for tool, name in (("mores", f"Top2/{{}}/n=4096,d={j.set[2:]},k={j.k}"), ("FMA peak", "Peak/{}/float32/cores=1")):
                got = next(((level, rates[name.format(level)]) for level in ("avx512", "avx2") if name.format(level) in rates), None)
                row = dict.fromkeys(COLUMNS, "") | {
                    "run": self.o.run, "when": time.strftime("%Y-%m-%dT%H:%M:%S"), "section": "kernel", "job": j.id, "tool": tool, "round": 0,
                    "cores": round_to(cores, 3), "load": round_to(machine.load(), 3), "version": self.o.version,
                } | ({"seconds": round_to(1 / got[1], 6), "outcome": {"GFLOP/s": got[1], "level": got[0]}} if got else {"note": "left out: no such benchmark", "outcome": {}})  # fmt: skip
                self.keep(row)

    def section(self, name, mine):
        t0 = time.perf_counter()
        print(f"{name}: {len(mine)} jobs; {machine.cores():.2f} cores, load {machine.load():.2f}", flush=True)
        if name == "kernel":
            self.kernels(mine)
        else:
            for j in mine:
                self.job(j)
        print(f"{name}: {time.perf_counter() - t0:.0f} s", flush=True)

    def job(self, job):
        make_data.make(job.set, make_data.sets()[job.set])
        takers = [("mores", None)] + [(p.tool, p) for p in job.peers]
        takers = [t for t in takers if not self.o.tool or any(fnmatch.fnmatch(t[0], g) for g in self.o.tool)]
        for round in range(self.o.repeat):
            for tool, peer in takers:
                done = sum(r["job"] == job.id and r["tool"] == tool for r in self.rows)
                if done <= round < self.rounds(job, tool, peer):
                    if time.monotonic() > self.end:
                        raise Enough
                    self.one(job, tool, peer, round)


def round_to(v, digits):
    return float(f"{v:.{digits}g}")


def brief(outcome):
    keep = ("GFLOP/s", "level", "objective", "value", "n_iter", "n_clusters", "n_noise", "heights", "same", "ari", "fallback")
    return "  ".join(f"{k} {outcome[k]:.12g}" if isinstance(outcome[k], float) else f"{k} {outcome[k]}" for k in keep if outcome.get(k) is not None)


def pythons(given):
    """[(pattern of tools, interpreter)]: as told, then a venv of its own for what may not live with the others."""
    told = [tuple(g.split("=", 1)) for g in given]
    own = os.environ.get("MORES_PEERS_INTELEX", "/tmp/peers-intelex/bin/python")
    return told + ([("*intelex", own)] if os.path.exists(own) else [])


def main():
    a = argparse.ArgumentParser(description="mores against its peers")
    a.add_argument("--all", action="store_true", help="every section, one after the other")
    a.add_argument("--section", action="append", default=[], help="this section; repeatable")
    a.add_argument("--only", default="*", help="jobs of this pattern, as 'kmeans/gmm8*'")
    a.add_argument("--dataset", default="*", help="jobs on sets of this pattern")
    a.add_argument("--tool", action="append", default=[], help="mores or a peer, a pattern; repeatable")
    a.add_argument("--repeat", type=int, default=5, help="rounds (5)")
    a.add_argument("--quick", action="store_true", help="one round: sets of at most 10,000 rows, larger ones with k ≤ 8")
    a.add_argument("--list", action="store_true")
    a.add_argument("--run", default="1", help="name of the run: a new name measures everything again")
    a.add_argument("--out", type=pathlib.Path, default=make_data.DATA / "bench.csv", help="lines are appended")
    a.add_argument("--table", type=pathlib.Path, help="write the Markdown here (default: beside the CSV)")
    a.add_argument("--mores", help="a built mores (default: go build)")
    a.add_argument("--python", action="append", default=[], metavar="TOOL=PYTHON", help="interpreter of a peer")
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--timeout", type=float, default=150, help="seconds a measurement may take")
    a.add_argument("--minutes", type=float, default=1e9, help="begin nothing new after so many; exit 3 then, and the same command goes on")
    a.add_argument("--patience", type=float, default=30, help="seconds to wait for two cores before each turn")
    o = a.parse_args()
    chosen = [j for j in jobs.jobs() if fnmatch.fnmatch(j.id, o.only) and fnmatch.fnmatch(j.set, o.dataset)]
    known = list(dict.fromkeys(j.section for j in jobs.jobs()))
    for s in o.section:
        if s not in known:
            sys.exit(f"no section is named {s}: {', '.join(known)}")
    if o.section:
        chosen = [j for j in chosen if j.section in o.section]
    if o.quick:
        o.repeat, o.patience = 1, 0
        sets = make_data.sets()
        chosen = [j for j in chosen if j.section == "kernel" or sets[j.set]["n"] <= 10_000 or (sets[j.set]["n"] <= 200_000 and 0 < j.k <= 8)]
    if o.list:
        for s in known:
            mine = [j for j in chosen if j.section == s]
            if mine:
                print(s)
            for j in mine:
                print(f"  {j.id:34}", ", ".join(["mores", *(p.tool for p in j.peers)]))
        return
    if not (o.all or o.section or o.quick or o.only != "*" or o.dataset != "*"):
        sys.exit("which jobs? --all, --section, --only, --dataset or --quick; --list shows them")
    make_data.DATA.mkdir(parents=True, exist_ok=True)
    lock = open(make_data.DATA / "bench.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"another bench.py is measuring on this machine ({lock.name} is locked)")
    if not o.mores:
        o.mores = str(make_data.DATA / "mores")
        subprocess.run(["go", "build", "-o", o.mores, "./cmd/mores"], cwd=ROOT, check=True)
    o.python = pythons(o.python)
    o.version = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    b = Bench(o)
    status = 0
    try:
        for section in known:
            if mine := [j for j in chosen if j.section == section]:
                b.section(section, mine)
    except Enough:
        status = 3
        print(f"stopped after {o.minutes:g} minutes: the same command goes on")
    table = o.table or o.out.with_suffix(".md")
    table.write_text(report.markdown(b.rows, o.run))
    print(table)
    sys.exit(status)


if __name__ == "__main__":
    main()
