"""Expected values of HDBSCAN* and PLSCAN, from hdbscan, scikit-learn and fast_plscan.

    python eval/peers/hdbscan_expected.py      # writes cluster/testdata/hdbscan.json

The sets are those of cluster_expected.py (float32). hdbscan counts the other rows only
in min_samples, scikit-learn the row itself, as we do. Both cut edges of one length
one after another; rows that leave their cluster where it begins (tied) are in it by the
order of a sort only, and are told apart. A setting in which a whole cluster of
at least min_cluster_size rows is such an artefact is left out (its tree is not unique).
"""

import gzip
import io
import json
import pathlib
import warnings
from importlib.metadata import version

import hdbscan
import numpy as np
import sklearn
from hdbscan.prediction import approximate_predict
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform
from sklearn.cluster import HDBSCAN

warnings.filterwarnings("ignore")
data = pathlib.Path(__file__).resolve().parent.parent.parent / "cluster" / "testdata"
SETS = ["blobs", "blobs3d", "customers", "gmm8", "shapes2d"]
OPTIONS = [
    {"min_cluster_size": 5, "min_samples": 5},
    {"min_cluster_size": 15, "min_samples": 5},
    {"min_cluster_size": 15, "min_samples": 5, "cluster_selection_method": "leaf"},
    {"min_cluster_size": 30, "min_samples": 2},
    {"min_cluster_size": 30, "min_samples": 10, "max_cluster_size": 150},
    {"min_cluster_size": 10, "min_samples": 5, "cluster_selection_epsilon": "q"},
    {"min_cluster_size": 10, "min_samples": 5, "cluster_selection_method": "leaf", "cluster_selection_epsilon": "q"},
    {"min_cluster_size": 40, "min_samples": 10, "allow_single_cluster": True},
    {"min_cluster_size": 60, "min_samples": 20, "allow_single_cluster": True, "cluster_selection_epsilon": "q"},
]


def load(name):
    return np.load(io.BytesIO(gzip.decompress((data / f"{name}.npy.gz").read_bytes()))).astype(np.float64)


def births(tree):
    """Per cluster the λ at which it begins."""
    b = {tree["parent"].min(): 0.0}
    for row in tree[tree["child_size"] > 1]:
        b[row["child"]] = row["lambda_val"]
    return b


def round_list(v):
    return [float(f"{x:.10g}") for x in v]


def case(x, options):
    o = dict(options)
    eps = o.get("cluster_selection_epsilon")
    if eps == "q":  # a distance at which something happens
        d = np.sort(np.linalg.norm(x[:200, None] - x[None, :200], axis=2), axis=1)[:, o["min_samples"]]
        o["cluster_selection_epsilon"] = float(f"{np.quantile(d, 0.9):.4g}")
    theirs = {**o, "min_samples": o["min_samples"] - 1}
    m = hdbscan.HDBSCAN(approx_min_span_tree=False, algorithm="generic", gen_min_span_tree=True, prediction_data=False, **theirs).fit(x)
    tree = m.condensed_tree_._raw_tree
    b = births(tree)
    rows = tree[tree["child_size"] == 1]
    tied = sorted(int(r["child"]) for r in rows if r["lambda_val"] == b[r["parent"]])
    for k in b:  # a cluster that lasts for no time
        if b[k] > 0 and tree["lambda_val"][tree["parent"] == k].max() == b[k]:
            return None
    try:
        s = HDBSCAN(copy=True, **o).fit(x)
    except TypeError:  # scikit-learn 1.9.1 cannot climb its tree with this numpy
        s = None
    out = {
        "options": o,
        "tied": tied,
        "labels": m.labels_.tolist(),
        "probabilities": round_list(m.probabilities_),
        "outlier": round_list(m.outlier_scores_),
        "sklearn_labels": s.labels_.tolist() if s else None,
        "sklearn_probabilities": round_list(s.probabilities_) if s else None,
        "mst": float(m.minimum_spanning_tree_._mst[:, 2].sum()),
    }
    return out


def chosen(self):
    """The chosen clusters. hdbscan 0.8.44 takes the first part that rows leave, which is
    not the cluster itself where it parts before any row leaves it."""
    t, labels = self._raw_tree, self._labels
    up = dict(zip(t["child"].tolist(), t["parent"].tolist(), strict=True))
    found = []
    for label in range(labels.max() + 1):
        common = None
        for row in np.flatnonzero(labels == label).tolist():
            path, k = [], up[row]
            while True:
                path.append(k)
                if k not in up:
                    break
                k = up[k]
            common = path if common is None else [k for k in common if k in path]
        found.append(common[0])
    return found


hdbscan.plots.CondensedTree._select_clusters = chosen


def soft(x, o):
    """Soft memberships, of every fifth row, and predictions."""
    m = hdbscan.HDBSCAN(approx_min_span_tree=False, algorithm="boruvka_kdtree", prediction_data=True, min_cluster_size=o["min_cluster_size"], min_samples=o["min_samples"] - 1).fit(x)
    new = x[:100] + 0.05 * x.std(0)
    labels, _ = approximate_predict(m, new)
    return {
        "options": o,
        "labels": m.labels_.tolist(),
        "every": 5,
        "soft": [round_list(r) for r in hdbscan.all_points_membership_vectors(m)[::5]],
        "predicted": labels.tolist(),
    }


def plscan(x, min_samples, min_cluster_size):
    """For min_samples = 1 on the Euclidean tree, which is unique."""
    from fast_plscan import PLSCAN

    if min_samples == 1:
        tree = minimum_spanning_tree(squareform(pdist(x))).tocoo()
        edges = np.column_stack([tree.row, tree.col, tree.data])
        m = PLSCAN(min_samples=2, min_cluster_size=min_cluster_size, metric="precomputed").fit((edges[np.argsort(edges[:, 2])], len(x)))
    else:
        m = PLSCAN(min_samples=min_samples - 1, min_cluster_size=min_cluster_size).fit(x)
    t = m._persistence_trace
    best = int(np.argmax(t.persistence))
    return {
        "min_samples": min_samples,
        "min_cluster_size": min_cluster_size,
        "labels": m.labels_.astype(int).tolist(),
        "probabilities": [float(f"{p:.7g}") for p in m.probabilities_],
        "above": float(t.min_size[best]),
        "persistence": float(t.persistence[best]),
    }


def main():
    e = {"versions": {p: version(p) for p in ("hdbscan", "scikit-learn", "fast-plscan", "numpy", "scipy")}, "sets": {}}
    assert version("scikit-learn") == sklearn.__version__
    for name in SETS:
        x = load(name)[:300]
        cases = [case(x, o) for o in OPTIONS]
        print(name, x.shape, "not unique:", sum(c is None for c in cases), "of", len(cases))
        e["sets"][name] = {
            "rows": len(x),
            "cases": [c for c in cases if c],
            "soft": soft(x, {"min_cluster_size": 20, "min_samples": 2}),
            "plscan": [plscan(x, 1, 3), plscan(x, 1, 10), plscan(x, 5, 5), plscan(x, 11, 11)],
        }
    (data / "hdbscan.json").write_text(json.dumps(e, separators=(",", ":")) + "\n")


main()
