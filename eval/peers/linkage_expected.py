"""Expected values of the merge trees of package cluster, from SciPy, fastcluster and scikit-learn.

    python eval/peers/linkage_expected.py      # writes cluster/testdata/linkage.json
"""

import json
import pathlib
import warnings

import fastcluster
import numpy as np
import scipy
import scipy.cluster.hierarchy as sch
import sklearn
from scipy.spatial.distance import pdist
from sklearn.cluster import AgglomerativeClustering
from sklearn.neighbors import kneighbors_graph

warnings.simplefilter("ignore")
here = pathlib.Path(__file__).resolve().parent
out = here.parent.parent / "cluster" / "testdata" / "linkage.json"
METHODS = ["single", "complete", "average", "weighted", "ward"]


def many(n, d, seed):
    """Rows that the Go test makes too: sums of three uniform numbers of a 64-bit linear
    congruential generator, around seven centres."""
    state, rows = seed, []
    for i in range(n):
        row = []
        for j in range(d):
            v = 0.0
            for _ in range(3):
                state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
                v += (state >> 11) * 2.0**-53
            row.append(v + 1.5 * ((i % 7) >> (j % 3) & 1))
        rows.append(row)
    return np.array(rows)


def small(name, x):
    res = {"x": x.tolist(), "trees": {}, "graphs": []}
    d = pdist(x)
    for m in METHODS:
        z = sch.linkage(x, m)
        depths = {}
        for depth in (1, 2, 4):
            r = sch.inconsistent(z, depth)
            ts = sorted({float(np.round(np.quantile(r[:, 3], q), 6)) + 1e-7 for q in (0.5, 0.8, 0.95)} | {0.7})
            depths[depth] = {"coefficient": r[:, 3].tolist(), "cuts": [{"t": t, "labels": sch.fcluster(z, t, "inconsistent", depth).tolist()} for t in ts]}
        o = sch.optimal_leaf_ordering(z, d)
        leaves = sch.leaves_list(o)
        cost = float(np.linalg.norm(np.diff(x[leaves], axis=0), axis=1).sum())
        res["trees"][m] = {
            "z": z.ravel().tolist(), "leaves": sch.leaves_list(z).tolist(), "cophenetic": float(sch.cophenet(z, d)[0]),
            "order_cost": cost, "inconsistent": depths,
        }
    for k in (2, 5, 9):
        g = kneighbors_graph(x, k, include_self=False)
        for m in ("ward", "complete", "average", "single"):
            a = AgglomerativeClustering(4, linkage=m, connectivity=g, compute_distances=True, compute_full_tree=True).fit(x)
            t = float(np.median(a.distances_[-8:])) + 1e-9
            b = AgglomerativeClustering(None, distance_threshold=t, linkage=m, connectivity=g, compute_full_tree=True).fit(x)
            res["graphs"].append({
                "k": k, "linkage": m, "children": a.children_.ravel().tolist(), "distances": a.distances_.tolist(),
                "components": int(a.n_connected_components_), "labels": a.labels_.tolist(), "threshold": t, "labels_below": b.labels_.tolist(),
            })
    return res


def main():
    r = np.random.default_rng(5)
    blobs = r.uniform(-4, 4, (5, 3))
    sets = {
        "plane": np.round(r.normal(size=(70, 2)) * 3 + r.choice([-6, 0, 6], (70, 1)), 6),
        "blobs": np.round(blobs[r.integers(5, size=90)] + r.normal(0, 0.7, (90, 3)), 6),
    }
    res = {
        "made_by": f"eval/peers/linkage_expected.py, scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, fastcluster {fastcluster.__version__}, numpy {np.__version__}",
        "small": {name: small(name, x) for name, x in sets.items()}, "large": [],
    }
    for n, d in ((4500, 2), (5000, 5)):
        x = many(n, d, 1000 * n + d)
        for m in ("complete", "average", "weighted"):
            z = fastcluster.linkage(x, m)
            labels = sch.fcluster(z, 12, "maxclust")
            res["large"].append({"n": n, "d": d, "seed": 1000 * n + d, "linkage": m, "every": 100, "heights": z[::100, 2].tolist(), "sum": float(z[:, 2].sum()), "labels": "".join(chr(96 + int(v)) for v in labels)})
    out.write_text(json.dumps(res, separators=(",", ":")) + "\n")


main()
