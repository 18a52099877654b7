"""Expected values of features.FitPCA, from scikit-learn's full solver.

    python eval/peers/pca_expected.py      # writes features/testdata/pca.json

Rows are multiples of 2**-10, so that the Go test moves them by 2**30 without rounding.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.decomposition import PCA

out = pathlib.Path(__file__).resolve().parents[2] / "features" / "testdata" / "pca.json"


def sets():
    r = np.random.default_rng(7)
    yield "correlated", r.normal(size=(150, 5)) @ r.normal(size=(5, 5))
    yield "scales", r.normal(size=(90, 8)) * 10.0 ** np.arange(-1, 3).repeat(2)
    yield "wide", r.normal(size=(40, 11)) + r.normal(size=(40, 1)) * 3
    yield "two columns", np.exp(r.normal(size=(64, 2)))


found = {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "sets": []}
for name, x in sets():
    x = np.round(x * 1024) / 1024
    p = PCA(svd_solver="full").fit(x)
    found["sets"].append({
        "name": name,
        "x": x.tolist(),
        "mean": p.mean_.tolist(),
        "components": p.components_.tolist(),
        "variance": p.explained_variance_.tolist(),
        "ratio": p.explained_variance_ratio_.tolist(),
        "singular": p.singular_values_.tolist(),
        "scores": p.transform(x)[:, :2].tolist(),
    })
out.write_text(json.dumps(found) + "\n")
