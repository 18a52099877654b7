"""Expected values of density peaks, by the authors' rules in NumPy and SciPy, brute force.

    python eval/peers/density_peaks_expected.py      # writes cluster/testdata/density_peaks.json

The rules are those of the program published with Rodriguez and Laio, Science 344 (2014):
d_c is the distance at place round(M·percent/100) of the M ascending distances, the density
counts rows nearer than d_c. Rows of equal density are taken in their order. The sets are
those of cluster_expected.py (its NAME.npy.gz are read), their first rows.
"""

import gzip
import io
import json
import pathlib

import numpy as np
import scipy
from scipy.spatial.distance import pdist, squareform

out = pathlib.Path(__file__).resolve().parent.parent.parent / "cluster" / "testdata"
ROWS = 500


def peaks(x, percent, k):
    p = pdist(x)
    cut = np.sort(p)[max(1, round(len(p) * percent / 100)) - 1]
    m = squareform(p)
    rho = (m < cut).sum(1) - 1
    order = np.lexsort((np.arange(len(x)), -rho))
    delta, above = np.empty(len(x)), np.full(len(x), -1)
    delta[order[0]] = m[order[0]].max()
    for at in range(1, len(x)):
        i, before = order[at], np.sort(order[:at])
        above[i] = before[np.argmin(m[i, before])]
        delta[i] = m[i, above[i]]
    centers = order[np.argsort(-(rho * delta)[order], kind="stable")[:k]]
    labels = np.full(len(x), -1)
    labels[centers] = np.arange(k)
    for i in order:
        if labels[i] < 0:
            labels[i] = labels[above[i]]
    return cut, rho, delta, labels


def main():
    cases = []
    for name, k in (("blobs", 5), ("blobs3d", 12), ("customers", 4), ("gmm8", 8), ("shapes2d", 3), ("wholesale", 6)):
        x = np.load(io.BytesIO(gzip.decompress((out / f"{name}.npy.gz").read_bytes())))[:ROWS].astype(float)
        for percent in (2, 0.5):
            cut, rho, delta, labels = peaks(x, percent, k)
            cases.append({"set": name, "n": len(x), "percent": percent, "n_clusters": k, "cutoff": float(cut),
                          "rho": rho.tolist(), "delta": delta.tolist(), "labels": labels.tolist()})
            print(name, percent, cut, np.bincount(labels))
    made = f"eval/peers/density_peaks_expected.py, numpy {np.__version__}, scipy {scipy.__version__}"
    (out / "density_peaks.json").write_text(json.dumps({"made_by": made, "cases": cases}, separators=(",", ":")) + "\n")


main()
