#!/usr/bin/env python3
"""Expected values of the hold-out tournament.

    python3 tournament_expected.py > ../testdata/tournament.json

NumPy makes the groups' predictions (shrunk by one customer), scikit-learn's metrics the
losses: mean_squared_error, mean_poisson_deviance, log_loss. The ceiling's models are
scikit-learn's Ridge, LogisticRegression and PoissonRegressor. Data are drawn here and
printed.
"""
import json
from importlib.metadata import version

import numpy as np
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics import log_loss, mean_poisson_deviance, mean_squared_error

rng = np.random.default_rng(20240301)
N, G = 240, 4


def predictions(kind, y, days, labels, train, rows, classes):
    """Prediction of each of rows, and everybody's, learned on train."""
    n = len(train)
    if kind in ("binary", "category"):
        one = np.eye(classes)[y.astype(int)]
        prior = (one[train].sum(0) + 1 / classes) / (n + 1)
        table = {g: (one[train[labels[train] == g]].sum(0) + prior) / ((labels[train] == g).sum() + 1) for g in set(labels[train])}
        return np.array([table.get(labels[i], prior) for i in rows]), np.tile(prior, (len(rows), 1))
    e = days if kind == "time" else np.ones(len(y))
    sum0, tot0 = y[train].mean(), e[train].mean()
    table = {g: (y[train[labels[train] == g]].sum() + sum0) / (e[train[labels[train] == g]].sum() + tot0) for g in set(labels[train])}
    overall = sum0 / tot0
    return np.array([table.get(labels[i], overall) for i in rows]) * e[rows], overall * e[rows]


def loss(kind, y, p, classes):
    if kind in ("binary", "category"):
        return log_loss(y, p, labels=list(range(classes)), normalize=False)
    if kind in ("count", "time"):
        return mean_poisson_deviance(y, p) * len(y)
    return mean_squared_error(y, p) * len(y)


def contests():
    half = rng.random(N) < 0.45
    latent = rng.integers(0, G, N)
    labels = np.where(rng.random(N) < 0.8, latent, rng.integers(-1, G, N))
    # A group of a few, all in B: A does not know it.
    labels[np.flatnonzero(half)[:3]] = 9
    known = rng.random(N) < 0.9
    event = (rng.random(N) < 0.7).astype(float)
    wait = np.floor(rng.exponential(20 / (1 + latent))).clip(0, 60)
    values = {
        "binary": (rng.random(N) < 0.15 + 0.2 * latent).astype(float),
        "count": rng.poisson(0.5 + latent).astype(float),
        "amount": np.round(np.where(rng.random(N) < 0.3, 0, np.exp(rng.normal(1 + latent, 1))), 2),
        "share": np.round(rng.beta(1 + latent, 2), 3),
        "category": np.minimum(latent, rng.integers(0, 4, N)).astype(float),
        "time": np.where(event > 0, wait, 60.0),
    }
    out = []
    for kind, v in values.items():
        classes = {"binary": 2, "category": len(set(v[known]))}.get(kind, 0)
        y, days = v, np.ones(N)
        if kind == "category":  # the commonest first
            order = sorted(set(v[known]), key=lambda c: (-(v[known] == c).sum(), c))
            y = np.array([order.index(c) if c in order else 0 for c in v], float)
        if kind == "amount":
            y = np.log1p(v)
        if kind == "time":
            y, days = event, np.where(event > 0, v + 0.5, v)
        num = den = 0.0
        inside = []
        for train, test in ((np.flatnonzero(~half & known), np.flatnonzero(half & known)), (np.flatnonzero(half & known), np.flatnonzero(~half & known))):
            p, q = predictions(kind, y, days, labels, train, test, classes)
            num, den = num + loss(kind, y[test], p, classes), den + loss(kind, y[test], q, classes)
            p, q = predictions(kind, y, days, labels, train, train, classes)
            inside.append(1 - loss(kind, y[train], p, classes) / loss(kind, y[train], q, classes))
        out.append({
            "kind": kind, "values": [x if k else None for x, k in zip(v.tolist(), known)],
            "censored": (event == 0).tolist() if kind == "time" else None,
            "outside": 1 - num / den, "inside": float(np.mean(inside)),
        })
    return {"half": half.astype(int).tolist(), "labels": labels.tolist(), "contests": out}


def models():
    n, d, penalty = 150, 5, 7.0
    x = np.round(rng.standard_normal((n, d)), 3)
    eta = x @ np.array([0.8, -0.5, 0.3, 0, 0])
    days = np.round(rng.uniform(5, 60, n), 1)
    y = {
        "normal": np.round(eta + rng.standard_normal(n), 3),
        "logistic": (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float),
        "poisson": rng.poisson(np.exp(eta)).astype(float),
        "exponential": rng.poisson(1 - np.exp(-np.exp(eta - 3) * days)).clip(0, 1).astype(float),
    }
    out = {"x": x.tolist(), "days": days.tolist(), "penalty": penalty, "fits": {}}
    for name, v in y.items():
        if name == "normal":
            m = Ridge(alpha=penalty, tol=1e-12).fit(x, v)
        elif name == "logistic":
            m = LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=10000).fit(x, v)
        elif name == "poisson":
            m = PoissonRegressor(alpha=penalty / n, tol=1e-12, max_iter=10000, solver="newton-cholesky").fit(x, v)
        else:
            m = PoissonRegressor(alpha=penalty / days.sum(), tol=1e-12, max_iter=10000, solver="newton-cholesky").fit(x, v / days, sample_weight=days)
        beta = np.append(np.ravel(m.coef_), np.ravel([m.intercept_]))
        out["fits"][name] = {"y": v.tolist(), "beta": beta.tolist()}
    return out


print(json.dumps({
    "versions": {p: version(p) for p in ("numpy", "scikit-learn")},
    "groups": contests(), "models": models(),
}))
