"""Expected values of k-prototypes and k-modes, from the kmodes package.

    python eval/peers/kprototypes_expected.py > cluster/testdata/kprototypes.json

Rows of two numbers and two categories (codes), the start, gamma, and the best of the
package's runs: from the start alone, and from 20 starts of its own (Cao, Huang).
"""

import importlib.metadata
import json
import sys

import numpy as np
from kmodes.kmodes import KModes
from kmodes.kprototypes import KPrototypes

r = np.random.Generator(np.random.PCG64(17))
res = {"made_by": f"eval/peers/kprototypes_expected.py, kmodes {importlib.metadata.version('kmodes')}, numpy {np.__version__}", "cases": []}
for n, k, gamma in [(150, 3, 0.5), (200, 4, 2.0), (120, 5, 1.0)]:
    z = r.integers(k, size=n)
    num = np.round(np.stack([(z % 2) * 3 + r.normal(size=n), r.normal(size=n)], 1), 6)
    cat = np.where(r.random((n, 2)) < 0.85, z[:, None], r.integers(k + 2, size=(n, 2)))
    x = np.concatenate([num, cat], 1)
    rows = r.choice(n, k, replace=False)
    one = KPrototypes(k, gamma=gamma, init=[num[rows], cat[rows]], n_init=1, max_iter=100).fit(x, categorical=[2, 3])
    many = min(KPrototypes(k, gamma=gamma, init=i, n_init=20, random_state=1).fit(x, categorical=[2, 3]).cost_ for i in ("Huang", "Cao"))
    modes = min(KModes(k, init=i, n_init=20, random_state=1).fit(cat).cost_ for i in ("Huang", "Cao"))
    res["cases"].append({"rows": x.tolist(), "start": rows.tolist(), "k": k, "gamma": gamma, "cost": float(one.cost_), "labels": one.labels_.tolist(), "best": float(many), "modes": float(modes)})
json.dump(res, sys.stdout, separators=(",", ":"))
print()
