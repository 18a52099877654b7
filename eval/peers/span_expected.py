"""Expected values of the spanning trees of package internal/near.

    python eval/peers/span_expected.py      # writes internal/near/testdata/span.json

On the sets that cluster_expected.py has written to cluster/testdata: the total weight of the
minimum spanning tree under mutual reachability distance by quitefastmst's tree and brute
force and by SciPy from the whole matrix, and the sum of the core distances by scikit-learn.
min_samples counts the point itself; quitefastmst's M does not: M = min_samples − 1, and
both are Euclidean up to min_samples = 2.
"""

import gzip
import importlib.metadata
import io
import json
import pathlib

import numpy as np
import quitefastmst
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
SETS = ["blobs", "gmm8", "customers", "shapes2d", "blobs3d", "wholesale"]


def main():
    versions = {p: importlib.metadata.version(p) for p in ("quitefastmst", "scipy", "scikit-learn", "numpy")}
    made_by = "eval/peers/span_expected.py, " + ", ".join(f"{p} {v}" for p, v in versions.items())
    trees = []
    for name in SETS:
        raw = gzip.decompress((root / "cluster" / "testdata" / f"{name}.npy.gz").read_bytes())
        x = np.load(io.BytesIO(raw)).astype(np.float64)
        dist = cdist(x, x)
        for m in (1, 2, 3, 5, 10, 20):
            core = NearestNeighbors(n_neighbors=m, algorithm="brute").fit(x).kneighbors(x)[0][:, -1]
            reach = np.maximum(dist, np.maximum(core[:, None], core[None, :]))
            reach[reach == 0] = 1e-300  # SciPy takes 0 for no edge
            tree = quitefastmst.mst_euclid(x, max(m - 1, 1), algorithm="sesqui_kd_tree")[0].sum()
            brute = quitefastmst.mst_euclid(x, max(m - 1, 1), algorithm="brute")[0].sum()
            scipy = minimum_spanning_tree(reach).sum()
            assert abs(tree - brute) <= 1e-12 * brute and abs(scipy - brute) <= 1e-12 * brute, (name, m, tree, brute, scipy)
            trees.append({"set": name, "min_samples": m, "weight": tree, "brute": brute, "scipy": scipy, "core": core.sum()})
            print(name, x.shape, m, tree)
    out = root / "internal" / "near" / "testdata"
    out.mkdir(exist_ok=True)
    (out / "span.json").write_text(json.dumps({"made_by": made_by, "trees": trees}, indent=1) + "\n")


main()
