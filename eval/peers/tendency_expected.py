"""Expected values of Hopkins's statistic, the dip and rank correlations, by SciPy, the dip by
the diptest packages of PyPI and of R, with R's table of its distribution.

    pip install diptest==0.11.0; apt-get install r-cran-diptest
    python eval/peers/tendency_expected.py > eval/testdata/tendency.json

Hopkins: rows, places and drawn rows are given, so that nothing is left to chance; nearest
neighbours by SciPy's cKDTree, distances to the power of the number of columns, as the R package
hopkins has them (Wright 2022, doi:10.32614/RJ-2022-055). The table is diptest's qDiptab, which
extends Hartigan & Hartigan's of 1985 (1,000,001 even samples each).
"""

import json
import subprocess
import sys
import tempfile

import diptest
import numpy as np
import scipy
from scipy.spatial import cKDTree
from scipy.stats import spearmanr

R = """
library(diptest); data(qDiptab); options(digits = 17)
x <- readLines(commandArgs(TRUE)[1])
cat(R.version.string, " diptest ", as.character(packageVersion("diptest")), "\\n", sep = "")
for (l in x) cat(format(dip(as.numeric(strsplit(l, ",")[[1]])), digits = 17), "\\n")
for (i in seq_len(nrow(qDiptab))) cat(rownames(qDiptab)[i], format(qDiptab[i, c("0.1", "0.5", "0.9", "0.95", "0.99")], digits = 17), "\\n")
"""


def samples(rng):
    for n in (4, 5, 9, 20, 63, 200, 500):
        yield f"even {n}", rng.uniform(size=n)
        yield f"normal {n}", rng.normal(size=n)
        yield f"two humps {n}", rng.normal(size=n) + 5.0 * (np.arange(n) % 2)
        yield f"three humps {n}", rng.normal(size=n) + 4.0 * (np.arange(n) % 3) ** 2
        yield f"skewed {n}", rng.lognormal(size=n)
        yield f"whole numbers {n}", rng.poisson(3, n).astype(float)
        yield f"zeros and more {n}", np.where(rng.uniform(size=n) < 0.4, 0.0, rng.gamma(3, 1, n) + 1)
    yield "two places", np.repeat([0.0, 1.0], 20)
    yield "one place", np.ones(12)
    yield "a lattice", np.arange(40.0)
    x = rng.normal(size=(60, 3)) + 6.0 * (np.arange(60) % 2)[:, None]
    yield "distances", scipy.spatial.distance.pdist(x)


def main():
    rng = np.random.default_rng(85)
    named = [(name, np.sort(v)) for name, v in samples(rng)]
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as f, tempfile.NamedTemporaryFile("w", suffix=".R") as script:
        f.write("".join(",".join(repr(float(a)) for a in v) + "\n" for _, v in named))
        f.flush()
        script.write(R)
        script.flush()
        lines = subprocess.run(["Rscript", script.name, f.name], capture_output=True, text=True, check=True).stdout.splitlines()
    out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__, "diptest": diptest.__version__, "R": lines[0]}, "dips": [], "table": [], "hopkins": [], "ranks": []}
    for (name, v), r in zip(named, lines[1:], strict=False):
        out["dips"].append({"name": name, "values": v.tolist(), "pypi": diptest.dipstat(v, allow_zero=False), "r": float(r)})
    for line in lines[1 + len(named) :]:
        n, *q = map(float, line.split())
        out["table"].append({"n": int(n), "quantiles": dict(zip(("0.1", "0.5", "0.9", "0.95", "0.99"), q, strict=True))})
    for name, x in {
        "even": rng.uniform(size=(80, 2)),
        "clumps": rng.normal(size=(90, 3)) + 9.0 * (np.arange(90) % 3)[:, None],
        "a lattice": np.array([[i, j] for i in range(9) for j in range(8)], float),
        "alike": rng.integers(0, 3, (70, 2)).astype(float),
        "many columns": rng.normal(size=(100, 40)),
        "one column": rng.normal(size=(50, 1)),
    }.items():
        n, d = x.shape
        m = n // 10
        places = x.min(0) + rng.uniform(size=(m, d)) * np.ptp(x, 0)
        drawn = rng.choice(n, m, replace=False)
        tree = cKDTree(x)
        u = tree.query(places, 1)[0] ** d
        w = tree.query(x[drawn], 2)[0][:, 1] ** d
        out["hopkins"].append({"name": name, "x": x.tolist(), "places": places.tolist(), "rows": drawn.tolist(), "value": float(u.sum() / (u.sum() + w.sum()))})
    a, b, c = rng.normal(size=(3, 60))
    for name, x in {"two": np.c_[a, a + b], "ties": np.c_[np.round(a), np.round(a + b), c > 0, c], "independent": np.c_[a, b, c]}.items():
        rho = spearmanr(x).statistic
        pairs = np.atleast_1d(rho) if x.shape[1] == 2 else rho[np.tril_indices(x.shape[1], -1)]
        out["ranks"].append({"name": name, "x": x.tolist(), "value": float((pairs**2).mean())})
    json.dump(out, sys.stdout, separators=(",", ":"))
    print()


main()
