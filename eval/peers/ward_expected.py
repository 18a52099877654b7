"""Expected values of Ward, centroid and median linkage (fastcluster), and of average
linkage of squared distances (SciPy).

    python eval/peers/ward_expected.py      # writes cluster/testdata/ward.json
"""

import gzip
import io
import json
import pathlib

import fastcluster
import numpy as np
import scipy
import scipy.cluster.hierarchy as sch
from scipy.spatial.distance import pdist

out = pathlib.Path(__file__).resolve().parent.parent.parent / "cluster" / "testdata"


def rows(name, n):
    with gzip.open(out / f"{name}.npy.gz") as f:
        return np.load(io.BytesIO(f.read()))[:n].astype(float)


def numbers(n, d):
    """The same rows as wardNumbers in hierarchical_ward_test.go."""
    v, s = np.empty(n * d), 12345
    for i in range(n * d):
        s = (s * 1664525 + 1013904223) % 2**32
        v[i] = (s >> 8) / 2**20
        if s >> 31:
            v[i] *= v[i] / 16
    return v.reshape(n, d)


def tree(x, linkage):
    if linkage == "average_squared":
        z = sch.linkage(pdist(x, "sqeuclidean"), "average")
        z[:, 2] = np.sqrt(z[:, 2])
        return z
    return fastcluster.linkage_vector(x, linkage)


def cut(z, k):
    """Sizes of the k clusters that are left before the last k - 1 merges, largest first."""
    n = len(z) + 1
    size, top = np.concatenate([np.ones(n, int), z[:, 3].astype(int)]), set(range(n))
    for i in range(n - k):
        top -= {int(z[i, 0]), int(z[i, 1])}
        top.add(n + i)
    return sorted((int(size[i]) for i in top), reverse=True)


trees, sums = [], []
for linkage in ("ward", "average_squared", "centroid", "median"):
    for name, n, offset in (("blobs", 160, 0), ("gmm8", 200, 0), ("customers", 160, 0)):
        z = tree(rows(name, n) + offset, linkage)
        trees.append({"set": name, "linkage": linkage, "offset": offset, "z": [[int(a), int(b), h] for a, b, h, _ in z.tolist()]})
    for n, d in ((3000, 2), (3000, 5)) + (((20000, 2),) if linkage == "ward" else ()):
        z = tree(numbers(n, d), linkage)
        sums.append({"linkage": linkage, "n": n, "d": d, "heights": z[:, 2].sum(), "squares": (z[:, 2] ** 2).sum(), "sizes": cut(z, 20)})

(out / "ward.json").write_text(json.dumps({"fastcluster": fastcluster.__version__, "scipy": scipy.__version__, "trees": trees, "sums": sums}) + "\n")
