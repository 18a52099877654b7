#!/usr/bin/env python3
"""Expected values of package features: intervals, natural breaks, concentration.

    python3 process_expected.py > ../../features/testdata/process.json

Wilson's interval from statsmodels; natural breaks from jenkspy (Fisher-Jenks) and,
for the optimum, a plain dynamic program; Gini and shares from NumPy.
"""
import importlib.metadata
import json

import jenkspy
import numpy as np
import statsmodels
from statsmodels.stats.proportion import proportion_confint


def wilson():
    out = []
    for k, n in [(0, 10), (1, 10), (5, 10), (10, 10), (142, 176), (58, 100), (1, 1674), (3, 7), (999, 1000)]:
        for level in (0.8, 0.95, 0.99):
            lo, hi = proportion_confint(k, n, alpha=1 - level, method="wilson")
            out.append({"k": k, "n": n, "level": level, "lo": float(lo), "hi": float(hi)})
    return out


def within(xs):
    return float(((xs - xs.mean()) ** 2).sum())


def optimum(xs, k):
    """Smallest sum of squares about the class means, by the O(k n^2) recursion."""
    n = len(xs)
    best = np.full((k + 1, n + 1), np.inf)
    best[0, 0] = 0
    for c in range(1, k + 1):
        for j in range(c, n + 1):
            best[c, j] = min(best[c - 1, i] + within(xs[i:j]) for i in range(c - 1, j))
    return float(best[k, n])


def jenks():
    rng = np.random.default_rng(3)
    sets = {
        "small": [1, 2, 4, 5, 7, 9, 10, 20],
        "lognormal": np.round(np.exp(rng.normal(3, 1, 120)), 3).tolist(),
        "counts": rng.geometric(0.2, 150).astype(float).tolist(),
        "three": np.round(np.concatenate([rng.normal(m, 1, 40) for m in (0, 10, 50)]), 4).tolist(),
    }
    out = []
    for name, xs in sets.items():
        xs = sorted(xs)
        out.append({"name": name, "xs": xs, "classes": [
            {"k": k, "breaks": [float(b) for b in jenkspy.jenks_breaks(xs, n_classes=k)], "ss": optimum(np.array(xs), k)}
            for k in (2, 3, 5)]})
    return out


print(json.dumps({
    "versions": {"statsmodels": statsmodels.__version__, "numpy": np.__version__, "jenkspy": importlib.metadata.version("jenkspy")},
    "wilson": wilson(), "jenks": jenks(),
}))
