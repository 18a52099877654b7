"""Expected values for targeting by segments: testdata/targeting.json.

The randomised e-mail test of K. Hillstrom (2008): visits, either mail against none, in six
segments of what was bought before and whether the customer is new. Segments are ranked by
their uplift among the customers before a stage and judged on the stage's, in the file's
order. Qini and uplift scores are scikit-uplift's, the rest is numpy.

    python eval/peers/targeting_expected.py FOLDER-OF-DATA > eval/testdata/targeting.json
"""

import json
import sys

import numpy as np
import pandas as pd
import scipy
import sklift
from scipy.stats import norm, t as student
from sklift.metrics import qini_auc_score, uplift_auc_score

PRIOR = 10


def main(folder):
    d = pd.read_csv(folder + "/data/hillstrom/hillstrom.csv.gz")
    g = ((d.mens + 2 * d.womens - 1) * 2 + d.newbie).to_numpy()
    treated = (d.segment != "No E-Mail").to_numpy()
    y = d.visit.to_numpy(float)
    n, k = len(d), int(g.max()) + 1
    q = np.bincount(g, minlength=k) / n
    lot = np.array([treated[g == s].mean() for s in range(k)])
    first = n // 4
    bounds = [0] + [first + s * (n - first) // 15 for s in range(16)]
    gamma, score, start, width = [np.zeros(n) for _ in range(4)]
    for lo, hi in zip(bounds[1:], bounds[2:]):
        m = np.zeros((2, k))
        for arm, who in ((1, treated[:lo]), (0, ~treated[:lo])):
            overall = y[:lo][who].mean()
            for s in range(k):
                x = y[:lo][who & (g[:lo] == s)]
                m[arm, s] = (x.sum() + PRIOR * overall) / (len(x) + PRIOR)
        tau = m[1] - m[0]
        order = np.argsort(-tau, kind="stable")
        begin = np.zeros(k)
        begin[order] = np.concatenate([[0], np.cumsum(q[order])[:-1]])
        i = np.arange(lo, hi)
        s, w = g[i], treated[i]
        gamma[i] = tau[s] + np.where(w, (y[i] - m[1, s]) / lot[s], -(y[i] - m[0, s]) / (1 - lot[s]))
        score[i], start[i], width[i] = tau[s], begin[s], q[s]
    j = np.arange(first, n)
    gamma, score, start, width = gamma[j], score[j], start[j], width[j]
    y, treated = y[j], treated[j].astype(int)

    def interval(x):
        half = norm.ppf(0.975) * x.std(ddof=1) / np.sqrt(len(x))
        return [x.mean(), x.mean() - half, x.mean() + half]

    # The area by summing a fine grid of reaches, not by its formula.
    grid = (np.arange(20000) + 0.5) / 20000
    area = np.zeros(len(j))
    pieces = {}
    for b, w in zip(start, width):
        if (b, w) not in pieces:
            pieces[b, w] = np.mean(np.clip((grid - b) / w, 0, 1) - grid)
    area = np.array([pieces[b, w] for b, w in zip(start, width)]) * gamma
    reach = {}
    for r in (0.1, 0.3, 0.5):
        part = np.clip((r - start) / width, 0, 1)
        reach[str(r)] = {"segments": interval(part * gamma), "random": interval(r * gamma), "gain": interval((part - r) * gamma)}
    qini = qini_auc_score(y, score, treated)
    groups = 60
    left = np.array([qini_auc_score(np.delete(y, np.s_[b::groups]), np.delete(score, np.s_[b::groups]), np.delete(treated, np.s_[b::groups])) for b in range(groups)])
    half = student.ppf(0.975, groups - 1) * left.std(ddof=1) * (groups - 1) / np.sqrt(groups)
    json.dump({
        "versions": {"scikit-uplift": sklift.__version__, "numpy": np.__version__, "scipy": scipy.__version__, "pandas": pd.__version__},
        "customers": n, "judged": len(j),
        "area": interval(area), "reach": reach, "everyone": interval(gamma),
        "qini_auc": [qini, qini - half, qini + half],
        "uplift_auc": uplift_auc_score(y, score, treated),
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main(sys.argv[1])
