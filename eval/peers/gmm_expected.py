"""Expected values of the Gaussian mixtures of package cluster, from scikit-learn.

    python eval/peers/gmm_expected.py      # writes cluster/testdata/gmm.json

The sets are those of cluster_expected.py (NAME.npy.gz beside the result), every start is
given: rows as means, equal weights, every covariance that of all rows (divided by
n - 1). Each run holds the mixture after some steps and what follows from it. No weights
here: scikit-learn's mixtures have none.
"""

import gzip
import io
import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.mixture import GaussianMixture

out = pathlib.Path(__file__).resolve().parent.parent.parent / "cluster" / "testdata"
SETS = {"blobs": [3, 5], "gmm8": [4, 8], "customers": [4], "blobs3d": [6]}


def load(name):
    with gzip.open(out / (name + ".npy.gz")) as f:
        return np.load(io.BytesIO(f.read())).astype(np.float64)


def precision(x, kind, k):
    c = np.atleast_2d(np.cov(x.T))
    p = np.linalg.inv(c)
    if kind == "full":
        return np.repeat(p[None], k, 0)
    if kind == "tied":
        return p
    if kind == "diag":
        return np.repeat(1 / np.diag(c)[None], k, 0)
    return np.full(k, 1 / np.diag(c).mean())


def run(x, rows, kind, **kw):
    k = len(rows)
    m = GaussianMixture(k, covariance_type=kind, means_init=x[rows], weights_init=np.full(k, 1 / k), precisions_init=precision(x, kind, k), **kw)
    labels = m.fit_predict(x)
    return {
        "rows": rows.tolist(), "covariance_type": kind, **kw,
        "labels": labels.tolist(), "n_iter": m.n_iter_, "converged": bool(m.converged_), "lower_bound": m.lower_bound_,
        "score": m.score(x), "bic": m.bic(x), "aic": m.aic(x), "weights": m.weights_.tolist(), "means": m.means_.tolist(),
        "mahalanobis": float(np.sqrt(((x[0] - m.means_[labels[0]]) @ np.linalg.inv(covariance(m, labels[0], x.shape[1])) @ (x[0] - m.means_[labels[0]])))),
        "shares": m.predict_proba(x[:20]).tolist(),
    }


def covariance(m, c, d):
    s = m.covariances_
    return {"full": lambda: s[c], "tied": lambda: s, "diag": lambda: np.diag(s[c]), "spherical": lambda: s[c] * np.eye(d)}[m.covariance_type]()


def main():
    warnings.simplefilter("ignore")
    res = {"made_by": f"eval/peers/gmm_expected.py, scikit-learn {sklearn.__version__}, numpy {np.__version__}", "sets": {}}
    for name, ks in SETS.items():
        x = load(name)
        r = np.random.Generator(np.random.PCG64(21))
        runs = []
        for k in ks:
            rows = r.choice(len(x), k, replace=False)
            for kind in ("full", "tied", "diag", "spherical"):
                runs.append(run(x, rows, kind, tol=0.0, max_iter=20, reg_covar=1e-6))
                runs.append(run(x, rows, kind, tol=1e-3, max_iter=300, reg_covar=1e-6))
            runs.append(run(x, rows, "full", tol=0.0, max_iter=10, reg_covar=0.3))
        res["sets"][name] = runs
        print(name, [(q["covariance_type"], q["n_iter"], round(q["score"], 4)) for q in runs])
    (out / "gmm.json").write_text(json.dumps(res, separators=(",", ":")) + "\n")


main()
