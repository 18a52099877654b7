#!/usr/bin/env python3
"""Expected values of look-alikes' parts.

    python3 lookalike_expected.py > ../testdata/lookalike.json

scikit-learn's shrunk covariance (Ledoit & Wolf), and its logistic regression where each row
counts as one of both classes, in shares: every row stands twice, weighted.
"""
import json
from importlib.metadata import version

import numpy as np
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(8)
n, d = 60, 4
x = rng.normal(size=(n, d)) @ rng.normal(size=(d, d))
x = np.round(x, 6)
share = np.round(1 / (1 + np.exp(-x[:, 0] - rng.normal(size=n))), 6)
share[:10] = 1
ridge = 2.5

lw = LedoitWolf().fit(x)
fit = LogisticRegression(C=1 / ridge, tol=1e-12, max_iter=10_000, solver="newton-cholesky")
fit.fit(np.vstack([x, x]), np.r_[np.ones(n), np.zeros(n)], sample_weight=np.r_[share, 1 - share])
print(json.dumps({
    "versions": {p: version(p) for p in ("numpy", "scikit-learn")},
    "x": x.ravel().tolist(), "n": n, "d": d,
    "covariance": lw.covariance_.ravel().tolist(), "shrinkage": float(lw.shrinkage_),
    "share": share.tolist(), "ridge": ridge, "beta": [*map(float, fit.coef_[0]), float(fit.intercept_[0])],
}))
