"""Expected values of eval/descriptor_tests.go: scipy's Kruskal-Wallis and chi-square
tests, and Bergsma's corrected Cramér's V.

    python eval/peers/descriptor_tests_expected.py > eval/testdata/descriptor_tests.json
"""

import json
import sys

import numpy as np
import scipy
from scipy import stats
from scipy.stats.contingency import association

rng = np.random.default_rng(20260301)


def corrected_v(table, chi2):
    n, (r, c) = table.sum(), table.shape
    phi = max(0, chi2 / n - (r - 1) * (c - 1) / (n - 1))
    rr, cc = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi / min(rr - 1, cc - 1)))


cases = []
for name, n, k, shift in [("apart", 200, 3, 1.0), ("ties", 150, 4, 0.5), ("nothing", 300, 5, 0.0), ("two", 60, 2, 0.8)]:
    labels = rng.integers(-1 if name == "ties" else 0, k, n)
    x = rng.normal(size=n) + shift * labels
    if name == "ties":
        x = np.round(x)
    x[rng.random(n) < 0.1] = np.nan
    level = np.array(list("abcd"))[np.clip((rng.random(n) * 4 + shift * labels / 2).astype(int), 0, 3)]
    known = (labels >= 0) & ~np.isnan(x)
    h, p = stats.kruskal(*[x[known & (labels == g)] for g in range(k)])
    inside = labels >= 0
    table = np.array([[np.sum((level == l) & (labels == g)) for g in range(k)] for l in sorted(set(level[inside]))])
    chi = stats.chi2_contingency(table, correction=False)
    cases.append({
        "name": name, "labels": labels.tolist(), "x": [None if np.isnan(v) else float(v) for v in x], "level": level.tolist(),
        "kruskal": {"statistic": float(h), "p": float(p), "df": k - 1, "epsilon2": float(h / (known.sum() - 1)), "known": int(known.sum())},
        "chi2": {
            "statistic": float(chi.statistic), "p": float(chi.pvalue), "df": int(chi.dof), "v": float(association(table)),
            "v_corrected": corrected_v(table, chi.statistic),
        },
    })
json.dump({"made_by": {"numpy": np.__version__, "scipy": scipy.__version__, "python": sys.version.split()[0]}, "cases": cases}, sys.stdout, indent=1)
