"""Expected values of DBSCAN in two to eight columns, from scikit-learn.

    python eval/peers/dbscan_expected.py      # writes cluster/testdata/dbscan.json

The points are made by splitmix64 with sums and products in a fixed order, so that the
test makes the same bits: no data file is needed. eps is the median distance to the row
that makes a row core, and two thirds and 1.4 times it, rounded to four digits.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors

out = pathlib.Path(__file__).resolve().parent.parent.parent / "cluster" / "testdata" / "dbscan.json"
N, GROUPS, MIN_SAMPLES = 1200, 6, 8


def splitmix(i):
    with np.errstate(over="ignore"):
        z = (i + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def points(d):
    """Row i is of group i mod 7; the seventh is background, the others widen."""
    i, j = np.meshgrid(np.arange(N), np.arange(d), indexing="ij")
    k = i % (GROUPS + 1)
    u = lambda stream: splitmix((((stream * 16 + d) * 4096 + i) * 16 + j).astype(np.uint64))  # noqa: E731
    bump = ((u(1) + u(2)) + u(3)) - 1.5
    center = 8 * splitmix(((7 * 16 + d) * 4096 * 16 + k * 16 + j).astype(np.uint64))
    return np.where(k < GROUPS, center + bump * (0.5 + 0.25 * k), 9 * u(4))


def main():
    sets = []
    for d in range(2, 9):
        x = points(d)
        typical = np.median(NearestNeighbors(n_neighbors=MIN_SAMPLES).fit(x).kneighbors(x)[0][:, -1])
        for factor in (2 / 3, 1, 1.4):
            eps = float(f"{typical * factor:.4g}")
            for weighted in (False, True):
                w = 0.5 + np.arange(N) % 3 if weighted else None
                m = DBSCAN(eps=eps, min_samples=MIN_SAMPLES).fit(x, sample_weight=w)
                core = np.zeros(N, int)
                core[m.core_sample_indices_] = 1
                sets.append({"d": d, "eps": eps, "weighted": weighted, "labels": m.labels_.tolist(), "core": "".join(map(str, core))})
                print(d, eps, weighted, "clusters", m.labels_.max() + 1, "noise", (m.labels_ < 0).sum(), "core", core.sum())
    made_by = f"eval/peers/dbscan_expected.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    out.write_text(json.dumps({"made_by": made_by, "min_samples": MIN_SAMPLES, "sets": sets}, separators=(",", ":")) + "\n")


main()
