"""Expected values of OPTICS, from scikit-learn: order, reachability, core distances,
predecessors, ξ-clusters and labels.

    python eval/peers/optics_expected.py      # writes cluster/testdata/optics.json

The sets are those of cluster_expected.py (its NAME.npy.gz are read), their first rows, and
two grids of whole numbers, on which distances are exact and ties and duplicates are the
rule; their rows are written out.
"""

import gzip
import io
import json
import pathlib

import numpy as np
import sklearn
from sklearn.cluster import OPTICS, cluster_optics_dbscan, cluster_optics_xi

out = pathlib.Path(__file__).resolve().parent.parent.parent / "cluster" / "testdata"
ROWS = 400


def numbers(a):
    return [None if np.isinf(v) else float(v) for v in a]


def main():
    sets = {name: np.load(io.BytesIO(gzip.decompress((out / f"{name}.npy.gz").read_bytes())))[:ROWS].astype(float)
            for name in ("blobs", "blobs3d", "customers", "gmm8", "shapes2d", "wholesale")}
    r = np.random.Generator(np.random.PCG64(5))
    grids = {"grid2": r.integers(0, 12, (200, 2)).astype(float), "grid1": np.round(r.normal(0, 40, (150, 1)))}
    plots = []
    for name, x in (sets | grids).items():
        for min_samples, share in ((5, None), (10, None), (5, 0.3)):
            max_eps = np.inf
            if share:  # a limit that leaves some rows without core distance
                probe = OPTICS(min_samples=min_samples).fit(x)
                max_eps = float(np.round(np.quantile(probe.core_distances_, 1 - share), 3)) + 1e-4
            m = OPTICS(min_samples=min_samples, max_eps=max_eps, algorithm="kd_tree").fit(x)
            cuts = []
            for kw in ({}, {"xi": 0.01}, {"xi": 0.15, "min_cluster_size": 20}, {"predecessor_correction": False},
                       {"min_cluster_size": 0.05}, {"xi": 0.0, "min_cluster_size": 8}, {"xi": 0.3, "predecessor_correction": False}):
                labels, clusters = cluster_optics_xi(reachability=m.reachability_, predecessor=m.predecessor_, ordering=m.ordering_, min_samples=min_samples, **kw)
                cuts.append({"options": kw, "labels": labels.tolist(), "clusters": np.asarray(clusters).reshape(-1, 2).tolist()})
            finite = m.reachability_[np.isfinite(m.reachability_)]
            for q in (0.5, 0.9):
                eps = float(np.round(np.quantile(finite, q), 4)) + 0.00005  # no distance is that
                labels = cluster_optics_dbscan(reachability=m.reachability_, core_distances=m.core_distances_, ordering=m.ordering_, eps=eps)
                cuts.append({"options": {"cluster_method": "dbscan", "eps": eps}, "labels": labels.tolist()})
            p = {"set": name, "n": len(x), "min_samples": min_samples, "max_eps": None if np.isinf(max_eps) else max_eps,
                 "order": m.ordering_.tolist(), "predecessor": m.predecessor_.tolist(),
                 "reachability": numbers(m.reachability_), "core": numbers(m.core_distances_), "cuts": cuts}
            if name in grids:
                p["rows"] = x.tolist()
            plots.append(p)
            print(name, min_samples, max_eps, [(max(c["labels"]) + 1, c["labels"].count(-1)) for c in cuts])
    made = f"eval/peers/optics_expected.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    (out / "optics.json").write_text(json.dumps({"made_by": made, "plots": plots}, separators=(",", ":")) + "\n")


main()
