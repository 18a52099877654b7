"""Expected values of k-medoids, distances by name and affinity propagation.

    python eval/peers/kmedoids_expected.py     # writes cluster/testdata/kmedoids.json

k-medoids by the kmedoids package (FasterPAM and FasterMSC on one processor, in the order
of the rows, DynMSC, BUILD) from given medoids on the sets of cluster_expected.py, float64
distances by SciPy's cdist; cdist's values on 12 rows; affinity propagation by
scikit-learn.
"""

import gzip
import importlib.metadata
import json
import pathlib
import tomllib
import warnings

import kmedoids
import numpy as np
import scipy
import sklearn
from scipy.spatial.distance import cdist
from sklearn.cluster import AffinityPropagation

here = pathlib.Path(__file__).resolve().parent
out = here.parent.parent / "cluster" / "testdata"
SETS = ("blobs", "gmm8", "customers", "shapes2d", "blobs3d", "wholesale")
AFFINITY_ROWS = 150


def load(name):
    with gzip.open(out / (name + ".npy.gz")) as f:
        return np.load(f).astype(np.float64)


def result(r):
    return {"loss": float(r.loss), "medoids": [int(i) for i in r.medoids], "n_iter": int(r.n_iter or 0), "n_swap": int(r.n_swap or 0)}


def distances(r):
    x = np.round(r.normal(size=(12, 5)) * 3 + 1, 3)
    x[4] = x[3]
    s = (r.random((12, 5)) < 0.4).astype(float) * np.round(r.uniform(1, 3, (12, 5)))
    s[7] = 0
    d = {"x": x.tolist(), "sets": s.tolist()}
    for ours, theirs in (("euclidean", "euclidean"), ("sqeuclidean", "sqeuclidean"), ("manhattan", "cityblock"), ("cosine", "cosine"), ("correlation", "correlation")):
        d[ours] = cdist(x, x, theirs).tolist()
    d["mahalanobis"] = cdist(x, x, "mahalanobis", VI=np.linalg.inv(np.cov(x.T))).tolist()
    d["hamming"], d["jaccard"] = cdist(s, s, "hamming").tolist(), cdist(s, s, "jaccard").tolist()
    return d


def main():
    versions = {"kmedoids": importlib.metadata.version("kmedoids"), "scipy": scipy.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__}
    res = {"made_by": "eval/peers/kmedoids_expected.py, " + ", ".join(f"{k} {v}" for k, v in versions.items()), "sets": {}}
    sets = tomllib.loads((here / "data.toml").read_text())
    for name in SETS:
        x = load(name)
        r = np.random.Generator(np.random.PCG64(sets[name]["seed"] + 1000))
        d = cdist(x, x)
        runs = []
        for k in [1, *sets[name]["k"], 40]:
            start = r.choice(len(x), k, replace=False).astype(np.uint64)
            one = {"start": [int(i) for i in start], "fasterpam": result(kmedoids.fasterpam(d, start.copy(), 100, n_cpu=1))}
            one["manhattan"] = result(kmedoids.fasterpam(cdist(x, x, "cityblock"), start.copy(), 100, n_cpu=1))
            if k > 1:
                one["medoid_silhouette"] = result(kmedoids.fastermsc(d, start.copy(), 100))
            if 1 < k <= 12:
                m = kmedoids.dynmsc(d, start.copy(), 2, 100)
                one["dynmsc"] = {"loss": float(m.loss), "bestk": int(m.bestk), "medoids": [int(i) for i in m.medoids], "losses": [float(v) for v in m.losses]}
            runs.append(one)
        build = kmedoids.pam_build(d, 8)
        a = x[:AFFINITY_ROWS]
        aff = []
        for kw in ({}, {"damping": 0.8}, {"preference": float(-np.quantile(cdist(a, a, "sqeuclidean"), 0.95))}, {"damping": 0.7, "max_iter": 12}):
            with warnings.catch_warnings(record=True) as w:
                warnings.simplefilter("always")
                m = AffinityPropagation(random_state=0, **kw).fit(a)
            aff.append({**kw, "labels": m.labels_.tolist(), "centers": [int(i) for i in m.cluster_centers_indices_], "n_iter": int(m.n_iter_), "converged": not w})
        res["sets"][name] = {"runs": runs, "build": result(build), "affinity": aff}
        print(name, x.shape, [round(q["fasterpam"]["loss"], 3) for q in runs], [(len(q["centers"]), q["n_iter"], q["converged"]) for q in aff])
    res["distances"] = distances(np.random.Generator(np.random.PCG64(77)))
    (out / "kmedoids.json").write_text(json.dumps(res, separators=(",", ":")) + "\n")


main()
