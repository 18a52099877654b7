"""Expected values for tables of descriptors by segment, from scipy and statsmodels.

Run: python eval/peers/describe_expected.py > features/testdata/describe.json
"""
import json

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_effectsize


def bergsma(counts):
    """Bias-corrected Cramer's V, Bergsma 2013, equations 5 to 7."""
    r, c = counts.shape
    n = counts.sum()
    phi2 = stats.chi2_contingency(counts, correction=False)[0] / n
    phi2 = max(0, phi2 - (r - 1) * (c - 1) / (n - 1))
    rt, ct = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi2 / min(rt - 1, ct - 1)))


def main():
    rng = np.random.default_rng(20260101)
    tables = [
        # Eye and hair colour of 592 students (Snee 1974), margins over sex.
        np.array([[68, 119, 26, 7], [20, 84, 17, 94], [15, 54, 14, 10], [5, 29, 14, 16]]),
        np.array([[10, 20], [30, 40]]),
        rng.poisson(12, (3, 4)),
        rng.poisson(4, (6, 2)),
        rng.multinomial(2000, np.ones(15) / 15).reshape(3, 5),
    ]
    out = []
    for t in tables:
        chi2, p, df, e = stats.chi2_contingency(t, correction=False)
        out.append({
            "counts": t.tolist(), "chi2": float(chi2), "p": float(p), "df": int(df),
            "v": float(stats.contingency.association(t, method="cramer")), "v_corrected": bergsma(t),
            "residuals": Table(t, shift_zeros=False).standardized_resids.tolist(),
            "small": float((e < 5).mean()),
        })
    h = [[p, q, float(proportion_effectsize(p, q))] for p, q in [(0.5, 0.3), (0.1, 0.9), (0, 1), (0.25, 0.25)]]
    p = rng.uniform(size=12) ** 3
    bh = multipletests(p, method="fdr_bh")[1]
    print(json.dumps({
        "versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "numpy": np.__version__},
        "tables": out, "cohen_h": h, "p": p.tolist(), "bh": bh.tolist(),
    }))


main()
