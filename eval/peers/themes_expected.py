#!/usr/bin/env python3
"""Expected values of TF-IDF, truncated SVD, NNDSVD, NMF and NNLS, from scikit-learn
and SciPy.

    python3 themes_expected.py > ../../features/testdata/themes.json

The counts are made by a linear congruential generator that the Go test repeats, so
that nothing depends on a random generator of either side.
"""
import json

import numpy as np
import scipy
import scipy.optimize
import sklearn
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfTransformer

N, D, K = 60, 25, 4


def counts():
    """Four overlapping groups of words; entry from a 31-bit LCG (glibc's constants)."""
    s = 12345
    out = np.zeros((N, D))
    for i in range(N):
        for j in range(D):
            s = (1103515245 * s + 12345) % 2**31
            u = s / 2**31
            p = 0.55 if (j * K) // D == i % K else 0.08
            out[i, j] = int(u / p * -2 + 3) if u < p else 0
    return out


def nndsvd(x, k):
    """Boutsidis & Gallopoulos, with an exact SVD; scikit-learn's threshold of 1e-6."""
    u, s, v = np.linalg.svd(x, full_matrices=False)
    w, h = np.zeros((x.shape[0], k)), np.zeros((k, x.shape[1]))
    w[:, 0], h[0] = np.sqrt(s[0]) * np.abs(u[:, 0]), np.sqrt(s[0]) * np.abs(v[0])
    for j in range(1, k):
        parts = []
        for sign in (1, -1):
            a, b = np.maximum(sign * u[:, j], 0), np.maximum(sign * v[j], 0)
            parts.append((np.linalg.norm(a) * np.linalg.norm(b), a, b))
        m, a, b = max(parts, key=lambda p: p[0])
        w[:, j] = np.sqrt(s[j] * m) * a / np.linalg.norm(a)
        h[j] = np.sqrt(s[j] * m) * b / np.linalg.norm(b)
    w[w < 1e-6] = 0
    h[h < 1e-6] = 0
    return s[:k], w, h


def objective(x, w, h):
    return float(0.5 * np.linalg.norm(x - w @ h) ** 2)


def main():
    c = counts()
    sub = TfidfTransformer(sublinear_tf=True, smooth_idf=True)
    x = sub.fit_transform(c).toarray()
    s, w0, h0 = nndsvd(x, K)
    custom = NMF(K, init="custom", solver="cd", tol=1e-4, max_iter=200, shuffle=False)
    w = custom.fit_transform(x, W=w0.copy(), H=h0.copy())
    own = NMF(K, init="nndsvd", solver="cd", tol=1e-4, max_iter=200, random_state=0)
    w1 = own.fit_transform(x)
    small = np.array([[3, 0, 1], [2, 0, 0], [3, 0, 0], [4, 0, 0], [3, 2, 0], [3, 0, 2]])
    print(json.dumps({
        "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "guide_plain": TfidfTransformer(smooth_idf=False).fit_transform(small).toarray().tolist(),
        "guide_smooth": TfidfTransformer().fit_transform(small).toarray().tolist(),
        "idf": sub.idf_.tolist(),
        "tfidf": x[:3].tolist(),
        "singular": s.tolist(),
        "start_objective": objective(x, w0, h0),
        "start_w": w0[:3].tolist(),
        "nmf": {"iter": int(custom.n_iter_), "objective": objective(x, w, custom.components_), "w": w[:5].tolist(), "h": custom.components_.tolist()},
        "nmf_own_start": {"iter": int(own.n_iter_), "objective": objective(x, w1, own.components_)},
        "nnls": [scipy.optimize.nnls(custom.components_.T, row)[0].tolist() for row in x[:8]],
    }, indent=1))


if __name__ == "__main__":
    main()
