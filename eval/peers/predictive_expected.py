#!/usr/bin/env python3
"""Expected values of the ranking of behaviours by what they tell of an outcome.

    python3 predictive_expected.py > ../testdata/predictive.json

scikit-learn: AUC, logistic and ridge regression, D2. SciPy: Mann-Whitney, Spearman,
Kruskal-Wallis, bootstrap. NumPy by hand: mutual information with Miller and Madow's
correction, DeLong's variance of paired AUCs, importance as the mean over all pairs of
customers (what shuffling converges to). Data are drawn here and printed, with ties,
missing values and columns that repeat each other.
"""
import json
import math
from importlib.metadata import version

import numpy as np
import scipy.stats as st
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import d2_log_loss_score, r2_score, roc_auc_score

rng = np.random.default_rng(20240229)
N, BINS = 300, 10


def data():
    z = rng.standard_normal(N)
    x = {
        "strong": np.round(z + 0.5 * rng.standard_normal(N), 3),
        "ties": np.round(np.exp(z + rng.standard_normal(N))).clip(0, 6),
        "twin": np.round(z + 0.55 * rng.standard_normal(N), 2),
        "against": np.round(-z + 2 * rng.standard_normal(N), 3),
        "binary": (rng.random(N) < 0.4).astype(float),
        "noise": np.round(rng.standard_normal(N), 3),
        "gaps": np.round(z + rng.standard_normal(N), 3),
    }
    x["gaps"][rng.random(N) < 0.3] = np.nan
    score = z + 1.2 * rng.standard_normal(N)
    return x, {
        "binary": (score > 0.6).astype(int).tolist(),
        "count": np.floor(np.exp(score)).clip(0, 15).astype(int).tolist(),
        "category": (np.digitize(score, [-1, 0.5, 1.5]) + (rng.random(N) < 0.3)).clip(0, 3).astype(int).tolist(),
    }


def bins(v):
    """Bin of the mid-rank: equal values are never parted."""
    return np.minimum((BINS * (st.rankdata(v) - 0.5) / len(v)).astype(int), BINS - 1)


def mutual(a, b):
    n = len(a)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    h = lambda c: -sum(k / n * math.log(k / n) for k in c.ravel() if k > 0) + (np.count_nonzero(c) - 1) / (2 * n)
    return h(table.sum(1)) + h(table.sum(0)) - h(table)


def placements(x, y):
    pos, neg = x[y == 1], x[y == 0]
    psi = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    return psi.mean(1), psi.mean(0)


def delong(x1, x2, y):
    """Variance of AUC(x1) and of AUC(x1) - AUC(x2)."""
    a1, b1 = placements(x1, y)
    a2, b2 = placements(x2, y)
    var = lambda a, b: a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)
    return var(a1, b1), var(a1 - a2, b1 - b2)


def univariate(x, y):
    out = {}
    for name, v in x.items():
        ok = ~np.isnan(v)
        v = v[ok]
        b, c, k = (np.array(y[t])[ok] for t in ("binary", "count", "category"))
        groups = [v[k == g] for g in np.unique(k)]
        out[name] = {
            "auc": roc_auc_score(b, v),
            "auc_p": st.mannwhitneyu(v[b == 1], v[b == 0], use_continuity=False, method="asymptotic").pvalue,
            "rho": st.spearmanr(v, c).statistic, "rho_p": st.spearmanr(v, c).pvalue,
            "h": st.kruskal(*groups).statistic, "h_p": st.kruskal(*groups).pvalue, "known": int(ok.sum()),
            "mi_binary": mutual(bins(v), b), "mi_count": mutual(bins(v), bins(np.array(y["count"]))[ok]), "mi_category": mutual(bins(v), k),
        }
    out["strong"]["auc_var"], out["strong"]["diff_var"] = delong(x["strong"], x["twin"], np.array(y["binary"]))
    boot = st.bootstrap((x["strong"], np.array(y["count"])), lambda a, b: st.spearmanr(a, b).statistic, paired=True,
                        vectorized=False, n_resamples=4000, method="percentile", rng=np.random.default_rng(1))
    out["strong"]["rho_interval"] = list(boot.confidence_interval)
    return out


def scaled(v):
    """Mid-ranks, mean 0 and standard deviation 1; missing is 0."""
    z = np.zeros(len(v))
    ok = ~np.isnan(v)
    r = st.rankdata(v[ok])
    z[ok] = (r - r.mean()) / r.std()
    return z


def model(x, y):
    """Fitted to all, tried on all: importance over all pairs of customers."""
    m = np.column_stack([scaled(v) for v in x.values()])
    b, c = np.array(y["binary"]), scaled(np.array(y["count"], dtype=float))
    lr = LogisticRegression(C=1 / m.shape[1], tol=1e-12, max_iter=10_000).fit(m, b)
    rr = Ridge(alpha=m.shape[1]).fit(m, c)
    k = np.array(y["category"])
    marks = np.eye(k.max() + 1)[k]
    cc = Ridge(alpha=m.shape[1]).fit(m, marks)
    eta, lin, cat = lr.decision_function(m), rr.predict(m), cc.predict(m)
    logloss = lambda e, t: np.logaddexp(0, np.where(t == 1, -e, e))
    null_b = logloss(math.log(b.mean() / (1 - b.mean())), b).sum()
    null_c = (c**2).sum()
    null_k = ((marks - marks.mean(0)) ** 2).sum()
    imp_b, imp_c, imp_k = [], [], []
    for j in range(m.shape[1]):
        diff = m[None, :, j] - m[:, None, j]  # from each other customer
        e = eta[:, None] + lr.coef_[0, j] * diff
        imp_b.append((logloss(e, b[:, None]).mean(1) - logloss(eta, b)).sum() / null_b)
        l = lin[:, None] + rr.coef_[j] * diff
        imp_c.append((((l - c[:, None]) ** 2).mean(1) - (lin - c) ** 2).sum() / null_c)
        q = cat[:, None, :] + cc.coef_[None, None, :, j] * diff[:, :, None]
        imp_k.append((((q - marks[:, None, :]) ** 2).sum(2).mean(1) - ((cat - marks) ** 2).sum(1)).sum() / null_k)
    return {
        "logistic": lr.coef_[0].tolist() + [float(lr.intercept_[0])], "d2_logistic": d2_log_loss_score(b, lr.predict_proba(m)),
        "linear": rr.coef_.tolist() + [float(rr.intercept_)], "d2_linear": r2_score(c, lin),
        "d2_category": float(1 - ((cat - marks) ** 2).sum() / null_k),
        "importance_logistic": imp_b, "importance_linear": imp_c, "importance_category": imp_k,
    }


if __name__ == "__main__":
    x, y = data()
    out = {"versions": {p: version(p) for p in ("scikit-learn", "scipy", "numpy")}, "names": list(x),
           "x": [[None if math.isnan(v) else float(v) for v in col] for col in x.values()], "y": y,
           "univariate": univariate(x, y), "model": model(x, y)}
    print(json.dumps(out))
