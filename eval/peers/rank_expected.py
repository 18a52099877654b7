#!/usr/bin/env python3
"""Expected values of the statistics of rankings.

    python3 rank_expected.py > ../testdata/rank.json

arch: p-values of the model confidence set. Its bootstrap draws the rows; the means of the
resamples are written, so that others test with the same ones. SciPy: Wilcoxon's signed-rank
test (exact, by all sign patterns where there are ties or zeros, and normal), Student's t and
its intervals. baycomp: the correlated t-test, of which Nadeau & Bengio's is a case, and
scikit-learn's worked example of it, run again. statsmodels: Holm's correction.
scikit-posthocs: Wilcoxon-Holm over all pairs, and the maximal cliques of its diagram.
"""
import json
import math
from importlib.metadata import version

import baycomp
import numpy as np
import pandas as pd
import scipy.stats as st
import scikit_posthocs as sp
from arch.bootstrap import MCS, IIDBootstrap
from scikit_posthocs._plotting import _find_maximal_cliques
from sklearn.datasets import make_moons
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.svm import SVC
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(2011)


def confidence_sets():
    cases = []
    for n, k, spread in [(30, 2, 0.3), (60, 6, 0.25), (200, 5, 0.08), (40, 12, 0.5), (25, 3, 0.0)]:
        losses = rng.normal(size=(n, 1)) + rng.normal(size=(n, k)) * rng.uniform(0.5, 1.5, k) + spread * np.arange(k)
        losses = np.round(losses, 6)
        case = {"losses": losses.tolist()}
        for method in ("R", "max"):
            m = MCS(losses, size=0.05, reps=200, method=method)
            m.bootstrap = IIDBootstrap(np.arange(n), seed=k)  # rows are independent: no blocks
            m.compute()
            means = [losses[np.asarray(i)].mean(axis=0) for i in m._bootstrap_indices]
            case[method] = {
                "means": np.round(means, 9).tolist(),
                "p": m.pvalues["Pvalue"].sort_index().tolist(),
                "included": [int(i) for i in m.included],
            }
        half = st.t.ppf(0.975, n - 1) * losses.std(axis=0, ddof=1) / math.sqrt(n)
        case["lo"], case["hi"] = (losses.mean(axis=0) - half).tolist(), (losses.mean(axis=0) + half).tolist()
        cases.append(case)
    return cases


def corrected_t():
    cases = []
    for n, train, test, shift in [(10, 90, 10, 0.02), (100, 90, 10, 0.01), (15, 200, 100, -0.05), (2, 3, 1, 0.4)]:
        d = np.round(rng.normal(shift, 0.05, n), 6)
        se = math.sqrt((1 / n + test / train) * d.var(ddof=1))
        t = d.mean() / se
        lo, hi = st.t.interval(0.95, n - 1, d.mean(), se)
        case = {"d": d.tolist(), "train": train, "test": test, "t": t, "p": 2 * st.t.sf(abs(t), n - 1), "lo": lo, "hi": hi}
        runs = n * test / (train + test)  # whole where the resamples are those of a repeated cross-validation
        if runs == int(runs):
            left, right = baycomp.two_on_single(d, np.zeros(n), runs=int(runs))
            case["baycomp_p"] = 2 * min(left, right)
        cases.append(case)
    # scikit-learn's example "Statistical comparison of models using grid search": its two best models
    x, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    cv = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    scores = [cross_val_score(m, x, y, scoring="roc_auc", cv=cv) for m in (SVC(kernel="rbf", random_state=0), SVC(kernel="linear", random_state=0))]
    return cases, {"d": (scores[0] - scores[1]).tolist(), "train": 90, "test": 10}


def wilcoxon():
    cases = []
    for n, digits in [(5, 6), (9, 1), (12, 1), (13, 1), (14, 6), (50, 6), (60, 6), (80, 1), (120, 1), (1, 3)]:
        x = np.round(rng.random(n), digits)
        y = np.round(x + rng.normal(0.05, 0.25, n), digits)
        d = np.round(x - y, digits)  # of decimal fractions that tie
        case = {"x": x.tolist(), "y": y.tolist()}
        for zeros in ("pratt", "wilcox"):
            tied = len(set(abs(d))) < n or (d == 0).any()
            exact = n <= 13 or n <= 50 and not tied
            method = "asymptotic" if not exact else st.PermutationMethod(n_resamples=9999) if tied else "exact"  # 2¹³ < 9999: all
            r = st.wilcoxon(d, zero_method=zeros, method=method)
            z = st.wilcoxon(d, zero_method=zeros, method="asymptotic").zstatistic if (d != 0).any() else 0
            case[zeros] = {"statistic": r.statistic, "p": min(1, r.pvalue), "z": z, "exact": exact}
        cases.append(case)
    return cases


def holm():
    cases = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.2, 0.2, 0.2], [1, 0.9, 0], np.round(rng.random(20) ** 3, 6).tolist()]
    return [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in cases]


def groups():
    cases = []
    for n, k, spread in [(12, 4, 0.3), (20, 6, 0.25), (30, 9, 0.1), (13, 12, 0.15)]:
        x = np.round(rng.random((n, k)) + spread * rng.random(k) * k / 2, 6)
        ranks = np.apply_along_axis(st.rankdata, 1, -x).mean(axis=0)
        case = {"scores": x.tolist(), "ranks": ranks.tolist()}
        nemenyi = sp.posthoc_nemenyi_friedman(x).to_numpy()
        long = pd.DataFrame(x).melt(var_name="method", value_name="score")
        signed = sp.posthoc_wilcoxon(long, val_col="score", group_col="method", p_adjust="holm").to_numpy()
        for name, p in (("nemenyi", nemenyi), ("wilcoxon_holm", signed)):
            alike = pd.DataFrame((p > 0.05).astype(int))
            np.fill_diagonal(alike.values, 0)
            case[name] = {"p": p.tolist(), "groups": sorted(sorted(int(v) for v in c) for c in _find_maximal_cliques(alike))}
        cases.append(case)
    return cases


t, example = corrected_t()
print(json.dumps({
    "versions": {m: version(m) for m in ("arch", "baycomp", "numpy", "scikit-learn", "scikit-posthocs", "scipy", "statsmodels")},
    "confidence_sets": confidence_sets(), "corrected_t": t, "scikit_learn_example": example,
    "wilcoxon": wilcoxon(), "holm": holm(), "groups": groups(),
}))
