"""Expected values of Genie, from genieclust.

    python eval/peers/genie_expected.py > cluster/testdata/genie.json

The rows are cluster_expected.py's, by name (cluster/testdata). Values: labels and heights
of six clusters by gini_threshold and min_samples; heights are summed. M does not count the row itself,
min_samples does, and M = 1 is no smoothing.
"""

import gzip
import json
import pathlib
import sys

import genieclust
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent / "cluster" / "testdata"


def main():
    out = {"genieclust": genieclust.__version__, "sets": {}}
    for name in ("blobs", "gmm8", "customers", "shapes2d", "blobs3d"):
        with gzip.open(ROOT / f"{name}.npy.gz") as f:
            x = np.load(f)
        cases = []
        for g in (0.0, 0.1, 0.3, 0.5, 0.7, 1.0):
            for m in (1, 4):
                model = genieclust.Genie(6, gini_threshold=g, M=m).fit(x)
                cases.append({"gini": g, "min_samples": m + (m > 1), "labels": model.labels_.tolist(), "heights": float(np.sum(model.distances_))})
        out["sets"][name] = cases
    json.dump(out, sys.stdout, separators=(",", ":"))
    print()


main()
