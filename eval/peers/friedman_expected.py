#!/usr/bin/env python3
"""Expected values of the comparison of methods by their ranks.

    python3 friedman_expected.py > ../testdata/friedman.json

SciPy: friedmanchisquare (which corrects for ties), the F tail, and the quantiles of
the studentized range with infinite degrees of freedom. scikit-posthocs: Nemenyi's p.
"""
import json
import math
from importlib.metadata import version

import numpy as np
import scikit_posthocs as sp
import scipy.stats as st

rng = np.random.default_rng(20061)
cases = []
for n, k, digits in [(14, 4, 9), (14, 4, 1), (30, 3, 1), (12, 7, 2), (2, 2, 9), (5, 10, 1)]:
    x = np.round(rng.random((n, k)) + np.linspace(0, 0.4, k), digits)
    chi2, p = st.friedmanchisquare(*x.T) if k > 2 else (math.nan, math.nan)
    ranks = np.apply_along_axis(st.rankdata, 1, -x)
    f = (n - 1) * chi2 / (n * (k - 1) - chi2)
    cases.append({
        "scores": x.tolist(), "ranks": ranks.mean(axis=0).tolist(),
        "chi2": None if k == 2 else chi2, "p": None if k == 2 else p,
        "f": None if k == 2 else f, "f_p": None if k == 2 else st.f.sf(f, k - 1, (k - 1) * (n - 1)),
        "pairs": sp.posthoc_nemenyi_friedman(x).to_numpy().tolist(),
    })
q = {str(a): {str(k): st.studentized_range.ppf(1 - a, k, math.inf) / math.sqrt(2) for k in range(2, 21)} for a in (0.01, 0.05, 0.10)}
print(json.dumps({
    "versions": {m: version(m) for m in ("scipy", "numpy", "scikit-posthocs")},
    "q": q, "cases": cases,
}, indent=1))
