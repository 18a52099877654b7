"""Expected values of mean shift and spectral clustering, from scikit-learn.

    python eval/peers/graph_expected.py > cluster/testdata/graph.json

Reads the sets that cluster_expected.py wrote (their first rows).
"""

import gzip
import io
import json
import pathlib
import sys
import warnings

import numpy as np
import scipy
import sklearn
from sklearn.cluster import MeanShift, SpectralClustering, estimate_bandwidth
from sklearn.manifold import spectral_embedding
from sklearn.neighbors import kneighbors_graph

warnings.simplefilter("ignore")
data = pathlib.Path(__file__).resolve().parent.parent.parent / "cluster" / "testdata"


def load(name, n):
    with gzip.open(data / f"{name}.npy.gz") as f:
        return np.load(io.BytesIO(f.read())).astype(np.float64)[:n]


res = {"made_by": f"eval/peers/graph_expected.py, scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, numpy {np.__version__}", "meanshift": [], "spectral": []}
for name, n in [("blobs", 500), ("shapes2d", 600), ("customers", 500), ("gmm8", 400), ("wholesale", 440)]:
    x = load(name, n)
    width = estimate_bandwidth(x)
    for kw in ({}, {"bandwidth": width / 2}, {"bandwidth": width / 2, "bin_seeding": True}, {"bandwidth": width / 2, "cluster_all": False}, {"bandwidth": width / 3, "bin_seeding": True, "min_bin_freq": 3}):
        m = MeanShift(**kw).fit(x)
        res["meanshift"].append({"set": name, "n": n, "options": kw, "estimated": width, "labels": m.labels_.tolist(), "centers": m.cluster_centers_.tolist(), "n_iter": int(m.n_iter_)})
for name, n, k, near in [("blobs", 500, 5, 15), ("shapes2d", 800, 3, 15), ("customers", 500, 4, 20), ("gmm8", 600, 6, 20)]:
    x = load(name, n)
    a = kneighbors_graph(x, n_neighbors=near, include_self=True)
    a = 0.5 * (a + a.T)
    from scipy.sparse.csgraph import connected_components, laplacian

    lap, dd = laplacian(a, normed=True, return_diag=True)
    values = np.sort(np.linalg.eigvalsh(lap.toarray()))[:k]
    m = SpectralClustering(k, affinity="nearest_neighbors", n_neighbors=near, n_init=50, random_state=0).fit(x)
    res["spectral"].append({"set": name, "n": n, "affinity": "nearest_neighbors", "n_clusters": k, "n_neighbors": near, "components": int(connected_components(a)[0]), "eigenvalues": values.tolist(), "labels": m.labels_.tolist()})
    gamma = 1.0 / x.var()
    d2 = ((x[:, None, :] - x[None, :, :]) ** 2).sum(2)
    a = np.exp(-gamma * d2)
    lap, dd = laplacian(a, normed=True, return_diag=True)
    values = np.sort(np.linalg.eigvalsh(lap))[:k]
    m = SpectralClustering(k, affinity="rbf", gamma=gamma, n_init=50, random_state=0).fit(x)
    res["spectral"].append({"set": name, "n": n, "affinity": "rbf", "n_clusters": k, "gamma": gamma, "eigenvalues": values.tolist(), "labels": m.labels_.tolist()})
json.dump(res, sys.stdout, separators=(",", ":"))
print()
