#!/usr/bin/env python3
"""Expected values of the tests of a transition table.

    python3 migration_expected.py > ../testdata/migration.json

SciPy: Pearson's test of independence and Cramer's V. statsmodels: Bowker's test of
symmetry, and McNemar's without continuity correction where there are two segments. The
last table is Stuart's, of the unaided vision of 7,477 women (1953, Biometrika 40:105-110),
as statsmodels ships it.
"""
import json
from importlib.metadata import version

import numpy as np
import scipy.stats as st
from scipy.stats.contingency import association
from statsmodels.stats.contingency_tables import SquareTable, mcnemar

rng = np.random.default_rng(2006)
tables = [
    [[50, 12], [25, 40]],
    [[3, 1], [2, 4]],
    rng.integers(1, 60, (3, 3)).tolist(),
    (rng.integers(1, 12, (5, 5)) + 40 * np.eye(5, dtype=int)).tolist(),
    [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205], [36, 82, 179, 492]],
]
cases = []
for t in tables:
    t = np.asarray(t)
    chi2 = st.chi2_contingency(t, correction=False)
    sym = SquareTable(t, shift_zeros=False).symmetry()
    case = {
        "table": t.tolist(),
        "independence": [float(chi2.statistic), int(chi2.dof), float(chi2.pvalue), float(association(t, "cramer"))],
        "symmetry": [float(sym.statistic), int(sym.df), float(sym.pvalue)],
    }
    if len(t) == 2:
        m = mcnemar(t, exact=False, correction=False)
        case["mcnemar"] = [float(m.statistic), float(m.pvalue)]
    cases.append(case)
print(json.dumps({"versions": {p: version(p) for p in ("scipy", "statsmodels", "numpy")}, "cases": cases}, indent=1))
