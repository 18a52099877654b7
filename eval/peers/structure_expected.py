"""Expected values for the pieces of the copula null, by scipy and scikit-learn.

Unimodal distributions: for a given mode, the slopes of the greatest convex minorant of
the points (x, u) left of it are the isotonic regression of the points' own slopes,
weighted by their widths; right of it, the antitonic one (Barlow et al. 1972). Normal
scores: scipy's mid-ranks and normal quantiles; their correlation by numpy.

    python eval/peers/structure_expected.py > eval/testdata/structure.json
"""

import json
import sys

import numpy as np
import scipy
import sklearn
from scipy.stats import norm, rankdata
from sklearn.isotonic import IsotonicRegression


def slopes(x, u, increasing):
    w = np.diff(x)
    if len(w) == 0:
        return np.array([])
    return IsotonicRegression(increasing=increasing).fit_transform(np.arange(len(w)), np.diff(u) / w, sample_weight=w)


def unimodal(v, mode):
    x, counts = np.unique(v, return_counts=True)
    below = np.cumsum(counts) - counts
    u = (below + counts / 2) / len(v)
    s = np.concatenate([slopes(x[: mode + 1], u[: mode + 1], True), slopes(x[mode:], u[mode:], False)])
    return x, u, u[0] + np.concatenate([[0.0], np.cumsum(s * np.diff(x))])


def main():
    rng = np.random.default_rng(17)
    samples = {
        "normal": rng.normal(size=40),
        "two humps": np.concatenate([rng.normal(-3, 1, 25), rng.normal(3, 1, 25)]),
        "lognormal": np.exp(rng.normal(size=60)),
        "counts": rng.geometric(0.2, size=80).astype(float),
    }
    out = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__}, "unimodal": [], "scores": []}
    for name, v in samples.items():
        n = len(np.unique(v))
        for mode in sorted({0, n // 3, n // 2, n - 1}):
            x, u, g = unimodal(v, mode)
            out["unimodal"].append({"name": name, "values": sorted(v.tolist()), "mode": mode, "x": x.tolist(), "u": u.tolist(), "g": g.tolist()})
    a, b, c = rng.normal(size=(3, 50))
    cols = [a, np.round(2 * (a + b)), np.exp(c + a)]
    scores = [norm.ppf(rankdata(v) / (len(v) + 1)) for v in cols]
    out["scores"] = {"columns": [v.tolist() for v in cols], "scores": [s.tolist() for s in scores], "correlation": np.corrcoef(scores).tolist()}
    json.dump(out, sys.stdout)
    sys.stdout.write("\n")


main()
