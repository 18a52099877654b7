#!/usr/bin/env python3
"""Expected values of package features, from SciPy, NumPy and scikit-learn.

    python3 features_expected.py

prints one JSON object; the Go tests carry its numbers with the key beside them.
The input is a small matrix that is written out here, so that nothing depends on a
random generator.
"""
import itertools
import json
import math

import numpy as np
import scipy.optimize
import scipy.special
import scipy.stats
import sklearn
from sklearn.decomposition import PCA
from sklearn.preprocessing import QuantileTransformer, RobustScaler, StandardScaler

# Column 0 skewed, 1 with ties, 2 mostly equal (MAD 0), 3 a plain number.
X = np.array([
    [1.0, 1, 0, -0.5], [2.5, 1, 0, 0.25], [3.0, 2, 0, 1.5], [8.0, 2, 0, -2.0], [13.0, 2, 0, 0.75],
    [21.5, 3, 0, 0.1], [55.0, 5, 1, -1.25], [144.0, 8, 2, 2.25], [233.0, 8, 4, 0.4], [610.0, 9, 0, -0.9],
])


def circular():
    th = np.radians([51, 67, 40, 109, 31, 358])
    moments = {}
    for p in (2, 3, 4):
        z = np.exp(1j * p * th).mean()
        moments[p] = [float(np.angle(z) % (2 * np.pi)), float(abs(z))]
    rad = np.array([3.3699057, 4.041163, 0.5014477, 2.6223103, 3.7336524, 1.8136389, 4.1566039, 2.7806317, 2.4672173, 2.8493644])
    r = abs(np.exp(1j * rad).mean())
    kappa = scipy.optimize.brentq(lambda k: scipy.special.ive(1, k) / scipy.special.ive(0, k) - r, 1e-6, 100, xtol=1e-14)
    return {"moments": moments, "kappa": kappa}


def critical(trials, n):
    """95 % point of clumpiness over all n-subsets, inverse distribution function."""
    hs = []
    for c in itertools.combinations(range(1, trials + 1), n):
        x = np.diff((0,) + c + (trials + 1,)) / (trials + 1)
        hs.append(1 + float((x * np.log(x)).sum()) / math.log(n + 1))
    hs.sort()
    return hs[math.ceil(0.95 * len(hs)) - 1]


def robust():
    """median and 1.4826 MAD, IQR/1.349, mean deviation: by SciPy and NumPy."""
    out = []
    for x in X.T:
        mad = scipy.stats.median_abs_deviation(x, scale="normal")
        q1, q3 = np.percentile(x, [25, 75])
        out.append({"median": float(np.median(x)), "mad": float(mad), "iqr": float((q3 - q1) / 1.349),
                    "mean_dev": float(np.abs(x - np.median(x)).mean() * math.sqrt(math.pi / 2))})
    return out


def pca():
    p = PCA(n_components=3, svd_solver="full").fit(X)
    comp = p.components_.copy()
    scores = p.transform(X)
    for k, c in enumerate(comp):
        if c[np.argmax(np.abs(c))] < 0:
            comp[k], scores[:, k] = -c, -scores[:, k]
    return {"components": comp.tolist(), "explained": p.explained_variance_ratio_.tolist(), "scores": scores.tolist()}


def block():
    """Two blocks of the log1p'd matrix, z-scored, over their first singular value."""
    z = StandardScaler().fit_transform(np.column_stack([np.log1p(X[:, 0]), np.log1p(X[:, 1]), X[:, 3]]))
    n = len(z)
    parts = [z[:, :2], z[:, 2:]]
    sigma = [np.linalg.svd(p, compute_uv=False)[0] / math.sqrt(n) for p in parts]
    w = np.column_stack([p / s for p, s in zip(parts, sigma)])
    var = w.var(axis=0)
    return {"sigma": sigma, "rows": w.tolist(), "shares": [float(var[:2].sum() / var.sum()), float(var[2] / var.sum())]}


def main():
    qt = dict(n_quantiles=5, subsample=None)
    print(json.dumps({
        "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "circular": circular(),
        "clumpiness": {f"{t},{n}": critical(t, n) for t, n in ((30, 1), (30, 2), (30, 3), (30, 4), (30, 5), (52, 3), (365, 2))},
        "zscore": StandardScaler().fit_transform(X).tolist(),
        "zscore_weighted": StandardScaler().fit(X, sample_weight=np.arange(1, 11)).scale_.tolist(),
        "robust": robust(),
        "robust_iqr": RobustScaler().fit(X).scale_.tolist(),
        "quantile_uniform": QuantileTransformer(output_distribution="uniform", **qt).fit_transform(X).tolist(),
        "quantile_normal": QuantileTransformer(output_distribution="normal", **qt).fit_transform(X).tolist(),
        "quantile_new": QuantileTransformer(output_distribution="uniform", **qt).fit(X).transform([[0, 1.5, 3, 0], [1000, 8, 9, -9]]).tolist(),
        "pca": pca(),
        "block": block(),
    }, indent=1))


if __name__ == "__main__":
    main()
