"""Expected values of the indices on the sets that data.toml names under [indices]: from
scikit-learn, genieclust, R (cluster, fpc, mclust), and by definition in NumPy.

    apt-get install r-cran-cluster r-cran-fpc r-cran-mclust
    python eval/peers/indices_expected.py > eval/testdata/indices.json

The rows are cluster/testdata's; the file has the labels, and by metric each program's value.
What a program computes otherwise is left out here, with the reason:

scikit-learn   davies_bouldin of segments of one row: its ‖x‖² − 2x·y + ‖y‖² is not 0 there;
               pairs of rows are handed over as distances for the same reason
genieclust     silhouette and davies_bouldin of segments of one row (it knows no value); see
               metrics_expected.py for Dunn's family; near neighbours where two are equally far
R cluster      silhouette of labels that it does not take (fewer than 2 or n segments)
R fpc          Dunn's index and dunn2 where a segment is one row (its widest is NA)
"""

import gzip
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib

import genieclust
import numpy as np
import sklearn
from metrics_expected import by_definition, dunn_family, external, noise_as
from scipy.spatial.distance import cdist, pdist, squareform
from sklearn import metrics as m

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
NEIGHBOURS = (10, 25)


def labelling(sets, of, spec):
    (kind, which), = spec.items()
    if kind == "dbscan":
        return sets[of]["dbscan"][which - 1]["labels"]
    return next(q["labels"] for q in sets[of]["kmeans"]
                if len(q["rows"]) == which and "far" not in q and "weights" not in q and q["tol"] == 0 and q["max_iter"] == 300)


def rows_of(spec):
    x = np.load(io.BytesIO(gzip.decompress((root / "cluster" / "testdata" / f"{spec['of']}.npy.gz").read_bytes()))).astype(float)
    if r := spec.get("round"):
        x = np.round(x * r) / r
    s = spec.get("stack", 1)
    n = len(x) // s
    return x[: n * s].reshape(n, -1)[: spec.get("rows", n)]


def clean(labels):
    """0, 1, … without gaps; noise stays."""
    names = np.unique(labels[labels >= 0])
    return np.where(labels < 0, -1, np.searchsorted(names, labels))


def r(x, labels, truth=None):
    """By R's packages: {metric: {program: value}}."""
    out = {}
    with tempfile.TemporaryDirectory() as d:
        d = pathlib.Path(d)
        if x is not None:
            np.savetxt(d / "x.csv", x, fmt="%.17g", delimiter=",")
        one = lambda l: np.unique(l, return_inverse=True)[1] + 1
        np.savetxt(d / "labels.csv", np.c_[one(labels), one(labels if truth is None else truth)], fmt="%d", delimiter=",")
        run = subprocess.run(["Rscript", here / "indices_expected.R", "-" if x is None else d / "x.csv", d / "labels.csv"],
                             capture_output=True, text=True, check=True)
    for line in run.stdout.splitlines():
        metric, source, value = line.rstrip(", ").split(",")
        out.setdefault(metric, {})[source] = value
    return out


def internal(x, labels):
    _, y = np.unique(labels, return_inverse=True)
    size, k = np.bincount(y), y.max() + 1
    dist = squareform(pdist(x))
    means = np.array([x[y == g].mean(0) for g in range(k)])
    own = np.linalg.norm(x - means[y], axis=1)
    out = {}

    def say(metric, source, value):
        if np.isfinite(float(value)):
            out.setdefault(metric, {})[source] = float(value)

    # The definitions.
    sums = np.stack([dist[:, y == g].sum(1) for g in range(k)], 1)
    squares = np.stack([(dist[:, y == g] ** 2).sum(1) for g in range(k)], 1)
    for metric, s in (("silhouette", sums), ("squared_silhouette", squares)):
        a = s[np.arange(len(y)), y] / np.maximum(size[y] - 1, 1)
        b = np.where(np.arange(k) == y[:, None], np.inf, s / size).min(1)
        with np.errstate(invalid="ignore"):
            say(metric, "definition", np.where((size[y] == 1) | (np.maximum(a, b) == 0), 0, (b - a) / np.maximum(a, b)).mean())
    between = (size * ((means - x.mean(0)) ** 2).sum(1)).sum()
    say("calinski_harabasz", "definition", between / (k - 1) / ((own**2).sum() / (len(x) - k)))
    spread = np.bincount(y, own) / size
    apart = cdist(means, means)
    np.fill_diagonal(apart, np.inf)
    say("davies_bouldin", "definition", ((spread[:, None] + spread) / apart).max(1).mean())
    same = y[:, None] == y
    say("dunn", "definition", dist[~same].min() / dist[same].max())
    least = min(dist[np.ix_(y == g, y == h)].mean() for g in range(k) for h in range(g))
    say("generalized_dunn 3/3", "definition", least / (2 * spread.max()))
    for metric, v in by_definition(x, y).items():
        say(metric, "definition", v)

    # The programs.
    say("silhouette", "scikit-learn", m.silhouette_score(dist, y, metric="precomputed"))
    say("squared_silhouette", "scikit-learn", m.silhouette_score(dist**2, y, metric="precomputed"))
    say("calinski_harabasz", "scikit-learn", m.calinski_harabasz_score(x, y))
    v = genieclust.cluster_validity
    say("calinski_harabasz", "genieclust", v.calinski_harabasz_index(x, y))
    if size.min() > 1:
        say("davies_bouldin", "scikit-learn", m.davies_bouldin_score(x, y))
        say("davies_bouldin", "genieclust", -v.negated_davies_bouldin_index(x, y))
        say("silhouette", "genieclust", v.silhouette_index(x, y))
        for name, value in dunn_family(x, y).items() if k < 30 else []:
            say("generalized_dunn" + name[4:] if " " in name else name, "genieclust", value)
        near = np.sort(dist, 1)
        for n in NEIGHBOURS:
            if size.min() > n and (near[:, n] < near[:, n + 1]).all():
                say(f"wcnn {n}", "genieclust", v.wcnn_index(x, y, n))
                say(f"dunnowa {n}", "genieclust", v.dunnowa_index(x, y, n, "SMin:5", "Const"))
                order = np.argsort(dist + np.where(np.eye(len(y)), -1, 0), 1, kind="stable")[:, 1 : n + 1]
                inside = y[order] == y[:, None]
                say(f"wcnn {n}", "definition", inside.mean())
                across = np.sort(np.take_along_axis(dist, order, 1)[~inside])[:15]
                w = np.exp(-((np.arange(len(across)) / 5) ** 2) / 2)
                if len(across):
                    say(f"dunnowa {n}", "definition", (w * across).sum() / w.sum())
    for metric, values in r(x, y).items():
        for source, value in values.items():
            if value not in ("NA", "NaN") and not (metric in ("dunn", "generalized_dunn 3/2") and size.min() == 1):
                say(metric, source, value)
    return out


def centroid_index(x, truth, labels):
    means = [np.array([x[l == g].mean(0) for g in np.unique(l[l >= 0])]) for l in (truth, labels)]
    orphans = lambda a, b: len(b) - len(set(cdist(a, b).argmin(1)))
    return max(orphans(*means), orphans(*means[::-1]))


GENIE = ("pair_sets_index", "normalized_clustering_accuracy")


def agreement(x, truth, labels):
    keep = truth >= 0
    t, l = truth[keep], np.where(labels < 0, labels.max() + 1, labels)[keep]
    out = {}
    for metric, value in external(t, l).items():
        source = "definition" if metric == "b_cubed" else "genieclust" if metric in GENIE else "scikit-learn"
        out[metric] = {source: float(value)}
    _, t0 = np.unique(t, return_inverse=True)
    _, l0 = np.unique(l, return_inverse=True)
    c = genieclust.compare_partitions
    for metric, f in {"adjusted_rand": c.adjusted_rand_score, "adjusted_mutual_info": c.adjusted_mi_score,
                      "normalized_mutual_info": c.normalized_mi_score, "fowlkes_mallows": c.fm_score}.items():
        out[metric]["genieclust"] = float(f(t0, l0))
    for metric, values in r(None, l, t).items():
        out[metric] |= {source: float(v) for source, v in values.items()}
    out["centroid_index"] = {"definition": centroid_index(x, truth, labels)}
    return out


def main():
    versions = subprocess.run(["Rscript", "-e", 'cat(R.version.string, paste0(", ", c("cluster","fpc","mclust"), " ", sapply(c("cluster","fpc","mclust"), function(p) as.character(packageVersion(p)))), sep="")'],
                              capture_output=True, text=True, check=True).stdout
    out = {"made_by": f"eval/peers/indices_expected.py, numpy {np.__version__}, scikit-learn {sklearn.__version__}, genieclust {genieclust.__version__}, {versions}", "sets": []}
    made = json.loads((root / "cluster" / "testdata" / "expected.json").read_text())["sets"]
    for at, (name, spec) in enumerate(tomllib.loads((here / "data.toml").read_text())["indices"].items()):
        rng = np.random.default_rng(900 + at)
        x = rows_of(spec)
        n, step = len(x), spec.get("stack", 1)
        labels, truth = (np.array(labelling(made, spec["of"], spec[what]))[::step][:n] for what in ("labels", "truth"))
        drawn = rng.permutation(n)
        alone, noise = spec.get("alone", 0), spec.get("noise", 0)
        labels[drawn[:alone]] = labels.max() + 1 + np.arange(alone)
        labels[drawn[alone : alone + noise]] = -1
        labels, truth = clean(labels), clean(truth)
        # As many classes as clusters: three of ten rows change places.
        near = np.where(labels < 0, labels.max() + 1, labels)
        some = rng.permutation(n)[: 3 * n // 10]
        near[some] = near[rng.permutation(some)]
        case = {"name": name, "of": spec["of"], "round": spec.get("round", 0), "stack": step, "n": n, "labels": labels.tolist(),
                "truth": [truth.tolist(), near.tolist()], "internal": {}, "external": []}
        for policy in ["exclude", "singletons", "one_cluster"] if (labels < 0).any() else ["one_cluster"]:
            case["internal"][policy] = internal(*noise_as(x, labels, policy))
        for t in (truth, near):
            case["external"].append(agreement(x, t, labels))
        print(name, x.shape, labels.max() + 1, (labels < 0).sum(), file=sys.stderr)
        out["sets"].append(case)
    json.dump(out, sys.stdout, separators=(",", ":"))
    print()


main()
