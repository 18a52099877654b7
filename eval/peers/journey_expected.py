#!/usr/bin/env python3
"""Expected values of journeys, campaigns and uplift in package features, from
statsmodels, scikit-uplift, NumPy and SciPy.

    python3 journey_expected.py > ../../features/testdata/journey.json

Inputs are written out with the answers, so that nothing depends on a random generator.
"""
import json
import math
import warnings

import numpy as np
import scipy
import sklift
import sklift.metrics.metrics as uplift
import statsmodels
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

warnings.simplefilter("ignore")
rng = np.random.default_rng(20080320)


def adjust():
    cases = [
        [0.01, 0.04, 0.03, 0.005],
        [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975, 0.986],
        [1.0, 1.0, 0.2, 0.2, 0.2],
        [0.5],
    ]
    return [{"p": p, "q": list(multipletests(p, method="fdr_bh")[1])} for p in cases]


def proportions():
    out = []
    for k1, n1, k0, n0 in [(30, 100, 20, 100), (1, 10, 0, 12), (0, 50, 4, 60), (7, 9, 500, 1000), (267, 21307, 122, 21306)]:
        z, p = proportions_ztest([k1, k0], [n1, n0])
        lo, hi = confint_proportions_2indep(k1, n1, k0, n0, method="newcomb", compare="diff")
        out.append({"k1": k1, "n1": n1, "k0": k0, "n0": n0, "z": float(z), "p": float(p), "lo": float(lo), "hi": float(hi)})
    return out


def welch():
    a = np.round(rng.gamma(2, 10, 23), 2)
    b = np.round(rng.gamma(2, 8, 31), 2)
    cm = CompareMeans(DescrStatsW(a), DescrStatsW(b))
    z, p = cm.ztest_ind(usevar="unequal")
    lo, hi = cm.zconfint_diff(usevar="unequal")
    return {"treated": list(a), "control": list(b), "z": float(z), "p": float(p), "lo": float(lo), "hi": float(hi)}


def qini():
    out = []
    for n, kinds in [(12, 4), (60, 200), (60, 6), (200, 1000)]:
        w = rng.integers(0, 2, n)
        u = rng.integers(0, kinds, n) / kinds
        y = (rng.random(n) < 0.2 + 0.15 * w + 0.5 * w * u).astype(int)
        xs, gs = uplift.qini_curve(y, u, w)
        xu, gu = uplift.uplift_curve(y, u, w)
        out.append({
            "y": y.tolist(), "u": u.tolist(), "w": w.tolist(),
            "uplift_auc": float(uplift.uplift_auc_score(y, u, w)), "qini_auc": float(uplift.qini_auc_score(y, u, w)),
            "qini_x": [float(x) for x in xs], "qini_y": [float(x) for x in gs],
            "uplift_x": [float(x) for x in xu], "uplift_y": [float(x) for x in gu],
            "no_negative_x": [float(x) for x in uplift.perfect_qini_curve(y, w, negative_effect=False)[0]],
            "no_negative_auc": float(uplift.qini_auc_score(y, u, w, negative_effect=False)),
        })
    return out


def markov():
    """A chain of 4 transient and 2 absorbing states: NumPy's inverse, and 2 million
    journeys by chance."""
    counts = np.array([[0, 40, 25, 10, 0, 5], [0, 30, 22, 8, 4, 60], [0, 12, 5, 30, 9, 31], [0, 3, 6, 2, 41, 27.0]])
    a = 0.5
    p = counts + a
    p[:, 0] = 0
    p /= p.sum(axis=1, keepdims=True)
    q, r = p[:, :4], p[:, 4:]
    n = np.linalg.inv(np.eye(4) - q)
    b = n @ r
    removal = []
    for s in range(1, 4):
        # The whole chain, with what entered s going to the last state, to a high power.
        full = np.zeros((6, 6))
        full[:4] = p
        full[:, 5] += full[:, s]
        full[:, s] = 0
        full[s] = 0
        full[s, 5] = 1
        full[4, 4] = full[5, 5] = 1
        removal.append(1 - np.linalg.matrix_power(full, 4096)[0, 4] / b[0, 0])
    runs, bought, steps, steps_bought = 2_000_000, 0, 0, 0
    state, age = np.zeros(runs, int), np.zeros(runs, int)
    cum = p.cumsum(axis=1)
    alive = np.arange(runs)
    while len(alive):
        nxt = (rng.random(len(alive))[:, None] > cum[state[alive]]).sum(axis=1).clip(max=5)
        age[alive] += 1
        state[alive] = nxt
        alive = alive[nxt < 4]
    won = state == 4
    h = b[:, 0]
    return {
        "counts": counts.tolist(), "smoothing": a, "p": p.tolist(), "fundamental": n.tolist(), "absorption": b.tolist(),
        "steps": n.sum(axis=1).tolist(), "steps_to": ((n * h).sum(axis=1) / h).tolist(), "removal": removal,
        "occupancy": (n[0] / n[0].sum()).tolist(),
        "simulated": {"runs": runs, "bought": float(won.mean()), "steps": float(age.mean()), "steps_bought": float(age[won].mean())},
    }


def beta():
    """The ANOVA estimator of the intraclass correlation, from the customers' rows."""
    n = rng.integers(1, 15, 40)
    k = rng.binomial(n, rng.beta(2, 6, 40))
    y = np.concatenate([np.r_[np.ones(s), np.zeros(t - s)] for s, t in zip(k, n)])
    g = np.repeat(np.arange(40), n)
    means = np.array([y[g == i].mean() for i in range(40)])
    between = (n * (means - y.mean()) ** 2).sum() / 39
    within = ((y - means[g]) ** 2).sum() / (len(y) - 40)
    n0 = (len(y) - (n**2).sum() / len(y)) / 39
    rho = (between - within) / (between + (n0 - 1) * within)
    w = 1 / rho - 1
    m = (k.sum() + 0.5) / (n.sum() + 1)
    return {"k": k.tolist(), "n": n.tolist(), "alpha": float(m * w), "beta": float((1 - m) * w)}


print(json.dumps({
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "scikit-uplift": sklift.__version__},
    "adjust": adjust(), "proportions": proportions(), "welch": welch(), "qini": qini(), "markov": markov(), "beta": beta(),
}))
