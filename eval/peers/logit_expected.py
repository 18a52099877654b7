#!/usr/bin/env python3
"""Expected values of conditional logit on the margarine panel and the bank-card
conjoint (R package bayesm), from SciPy and statsmodels, and of Spearman's rank correlation from
SciPy.

    MORES_DATA=... python3 logit_expected.py > ../../features/testdata/logit.json
"""
import json
import os

import numpy as np
import pandas as pd
import scipy
import scipy.optimize
import scipy.stats
import statsmodels
from statsmodels.discrete.conditional_models import ConditionalLogit

ROOT = os.path.join(os.environ["MORES_DATA"], "data", "bayesm_panel")


def fit(y, x, groups):
    """SciPy's trust-exact on McFadden's likelihood; statsmodels' likelihood there. (Its
    own fit stops a little short of the maximum: BFGS, with a numerical Hessian.)"""
    k = int(np.bincount(groups)[0])
    xs, ys = x.reshape(-1, k, x.shape[1]), y.reshape(-1, k)

    def parts(b):
        u = xs @ b
        u -= u.max(axis=1, keepdims=True)
        p = np.exp(u)
        p /= p.sum(axis=1, keepdims=True)
        return p, xs - np.einsum("ik,ikd->id", p, xs)[:, None, :]

    def info(b):
        p, c = parts(b)
        return np.einsum("ik,ikd,ike->de", p, c, c)

    r = scipy.optimize.minimize(
        lambda b: -np.log(parts(b)[0][ys == 1]).sum(), np.zeros(x.shape[1]),
        jac=lambda b: -parts(b)[1][ys == 1].sum(axis=0), hess=info, method="trust-exact", options={"gtol": 1e-8})
    ll = ConditionalLogit(y, x, groups=groups).loglike(r.x)
    return {"coef": r.x.tolist(), "se": np.sqrt(np.diag(np.linalg.inv(info(r.x)))).tolist(), "loglik": float(ll)}


def margarine():
    d = pd.read_csv(os.path.join(ROOT, "margarine_choicePrice.csv.gz"))
    prices = d.iloc[:, 2:].to_numpy()
    n, k = prices.shape
    x = np.zeros((n * k, k))
    for j in range(1, k):
        x[j::k, j - 1] = 1  # the first brand has utility 0
    x[:, k - 1] = prices.ravel()
    y = np.zeros(n * k)
    y[np.arange(n) * k + d["choice"].to_numpy() - 1] = 1
    return fit(y, x, np.repeat(np.arange(n), k))


def bankcard():
    d = pd.read_csv(os.path.join(ROOT, "bankcard_conjoint_choiceAtt.csv.gz"))
    diff = d.iloc[:, 2:].to_numpy(float)
    n = len(d)
    x = np.zeros((2 * n, diff.shape[1]))
    x[::2] = diff
    y = np.zeros(2 * n)
    y[::2] = d["choice"]
    y[1::2] = 1 - d["choice"]
    return fit(y, x, np.repeat(np.arange(n), 2))


def main():
    a = [3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]
    b = [2.0, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4]
    print(json.dumps({
        "versions": {"statsmodels": statsmodels.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "margarine": margarine(),
        "bankcard": bankcard(),
        "spearman": float(scipy.stats.spearmanr(a, b).statistic),
    }, indent=1))


if __name__ == "__main__":
    main()
