"""Expected values of cluster's mini-batch k-means, from scikit-learn.

    python eval/peers/minibatch_expected.py      # writes cluster/testdata/minibatch.json

Steps without random parts: partial_fit of given batches from given centres, with
reassignment off. After each the centres, the rows that each centre has seen, and the
inertia of the batch before the step.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.cluster import MiniBatchKMeans

out = pathlib.Path(__file__).resolve().parent.parent.parent / "cluster" / "testdata" / "minibatch.json"

cases = []
for seed, (n, d, k, size, steps) in enumerate([(80, 2, 3, 20, 6), (60, 4, 5, 8, 9), (50, 1, 2, 50, 4)]):
    r = np.random.default_rng(seed)
    x = np.round(r.normal(0, 3, (k, d))[r.integers(k, size=n)] + r.normal(size=(n, d)), 3)
    init = x[r.choice(n, k, replace=False)]
    m = MiniBatchKMeans(k, init=init, n_init=1, reassignment_ratio=0)
    case = {"d": d, "x": x.ravel().tolist(), "init": init.tolist(), "steps": []}
    centers = init
    for _ in range(steps):
        rows = r.integers(n, size=size)
        inertia = float(((x[rows, None] - centers) ** 2).sum(2).min(1).sum())
        m.partial_fit(x[rows])
        centers = m.cluster_centers_.copy()
        case["steps"].append({"rows": rows.tolist(), "inertia": inertia, "centers": centers.ravel().tolist(), "counts": m._counts.tolist()})
    cases.append(case)
out.write_text(json.dumps({"scikit-learn": sklearn.__version__, "numpy": np.__version__, "cases": cases}) + "\n")
