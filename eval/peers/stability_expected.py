#!/usr/bin/env python3
"""Expected values of the stability of clusterings and of the gap statistic.

    python3 stability_expected.py > ../testdata/stability.json

Sets and pairs by brute force; k-means, nearest centroids and the adjusted Rand index are
scikit-learn's, t quantiles SciPy's. Random groups are drawn with NumPy, so that they agree
up to their error, which is given. The gap statistic draws its references with our
generator (PCG-DXSM, written anew here) and finds its axes with an SVD.
"""
import json
import math
from importlib.metadata import version

import numpy as np
import scipy.stats as st
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestCentroid

rng = np.random.default_rng(20071)


def jaccard(c, d, w):
    """Of two sets of rows, each row counting w."""
    return sum(w[i] for i in c & d) / sum(w[i] for i in c | d)


def matched(segment, rows, labels, w):
    """The largest Jaccard coefficient on the rows that were drawn; None if none was."""
    drawn = set(rows)
    c = segment & drawn
    if sum(w[i] for i in c) == 0:
        return None
    first = {}
    for r, l in zip(rows, labels):
        first.setdefault(r, l)
    best = 0.0
    for name in set(labels) - {-1}:
        d = {r for r, l in first.items() if l == name}
        if d:
            best = max(best, jaccard(c, d, w))
    return best


def t_interval(values):
    m, s = np.mean(values), np.std(values, ddof=1) / math.sqrt(len(values))
    half = st.t.ppf(0.975, len(values) - 1) * s
    return [max(0.0, m - half), min(1.0, m + half)]


def segment_numbers(segment, fits, w):
    js = [j for j in (matched(segment, r, l, w) for r, l in fits) if j is not None]
    return {
        "refits": len(js), "jaccard": np.mean(js), "interval": t_interval(js),
        "quantiles": np.quantile(js, [0.05, 0.5, 0.95]).tolist(),
        "dissolved": sum(j <= 0.5 for j in js), "recovered": sum(j >= 0.75 for j in js),
    }


def random_groups(size, n, fits, w, draws):
    """Mean over refits of a random group of that size, many times."""
    out = []
    for _ in range(draws):
        group = set(rng.choice(n, size, replace=False).tolist())
        js = [j for j in (matched(group, r, l, w) for r, l in fits) if j is not None]
        if js:
            out.append(np.mean(js))
    return out


def agreement(n, fits):
    """Mean adjusted Rand index over pairs, with the jackknife's interval."""
    spread = []
    for rows, labels in fits:
        a = np.full(n, -2)
        for r, l in reversed(list(zip(rows, labels))):
            a[r] = l
        spread.append(a)
    b = len(fits)
    ari = {}
    for i in range(b):
        for j in range(i):
            both = (spread[i] > -2) & (spread[j] > -2)
            if both.sum() >= 2:
                ari[i, j] = adjusted_rand_score(spread[i][both], spread[j][both])
    mean = np.mean(list(ari.values()))
    out = [np.mean([v for p, v in ari.items() if i not in p]) for i in range(b)]
    half = st.norm.ppf(0.975) * math.sqrt((b - 1) / b * sum((o - mean) ** 2 for o in out))
    return {"ari": mean, "interval": [max(-0.5, mean - half), min(1, mean + half)]}


stability = []
for name, n, k, sd, noise, how in [
    ("apart", 60, 3, 0.6, 0, "subsample"), ("touching", 80, 4, 2.5, 0, "subsample"),
    ("noise", 70, 3, 2.0, 0.15, "subsample"), ("bootstrap", 50, 3, 2.5, 0.1, "bootstrap"),
    ("singletons", 40, 5, 1.5, 0.05, "subsample"),
]:
    x, label = make_blobs(n, centers=k, cluster_std=sd, random_state=n)
    if name == "singletons":
        label = np.minimum(label, 1)
        label[:3] = [2, 3, 4]
    label = np.where((rng.random(n) < noise) & (np.arange(n) > 2), -1, label)
    worth = np.round(rng.lognormal(3, 1, n), 2)
    worth[(rng.random(n) < 0.1) & (np.arange(n) > 2)] = 0
    fits = []
    for b in range(12):
        rows = np.sort(rng.choice(n, n if how == "bootstrap" else n // 2, replace=how == "bootstrap"))
        again = KMeans(int(rng.integers(2, 6)), n_init=1, random_state=b).fit_predict(x[rows])
        again = np.where(rng.random(len(rows)) < noise, -1, again)
        fits.append((rows.tolist(), again.tolist()))
    segments = [set(np.flatnonzero(label == s).tolist()) for s in range(label.max() + 1)]
    one = np.ones(n)
    entry = {
        "name": name, "labels": label.tolist(), "worth": worth.tolist(),
        "rows": [f[0] for f in fits], "refits": [f[1] for f in fits],
        "segments": [segment_numbers(s, fits, one) for s in segments],
        "by_worth": [segment_numbers(s, fits, worth) for s in segments],
        "pairs": agreement(n, fits),
    }
    for s, e in zip(segments, entry["segments"]):
        null = random_groups(len(s), n, fits, one, 1500)
        e["null"], e["null_sd"], e["null_p95"] = np.mean(null), np.std(null), np.quantile(null, 0.95)
    stability.append(entry)

prediction = []
for name, n, k, sd, fit_k, noise in [("apart", 60, 3, 0.5, 3, 0), ("too many", 60, 2, 1.0, 4, 0), ("noise", 51, 3, 2.0, 3, 0.15)]:
    x, _ = make_blobs(n, centers=k, cluster_std=sd, n_features=3, random_state=k)
    x = np.round(x, 3)
    first = np.sort(rng.choice(n, n // 2, replace=False))
    rows = [first, np.setdiff1d(np.arange(n), first)]
    labels = []
    for r in rows:
        l = KMeans(fit_k, n_init=3, random_state=1).fit_predict(x[r])
        labels.append(np.where(rng.random(len(r)) < noise, -1, l))
    ways = []
    for train, test in [(0, 1), (1, 0)]:
        kept = labels[train] >= 0
        by = NearestCentroid().fit(x[rows[train]][kept], labels[train][kept]).predict(x[rows[test]])
        own, shares = labels[test], []
        for j in range(fit_k):
            a = np.flatnonzero(own == j)
            if len(a) > 1:
                shares.append(np.mean([by[p] == by[q] for p in a for q in a if p != q]))
        ways.append(min(shares))
    prediction.append({
        "name": name, "x": x.tolist(), "rows": [r.tolist() for r in rows], "labels": [l.tolist() for l in labels],
        "strength": float(np.mean(ways)),
    })

MASK = 2**64 - 1


class PCG:
    """O'Neill's PCG-DXSM, 128 bits of state, as Go's math/rand/v2 seeds it."""

    def __init__(self, seed, stream):
        self.state = seed << 64 | stream

    def uint64(self):
        self.state = (self.state * 0x2360ED051FC65DA44385DF649FCCF645 + 0x5851F42D4C957F2D14057B7EF767814F) % 2**128
        hi, lo = self.state >> 64, self.state & MASK
        hi ^= hi >> 32
        hi = hi * 0xDA942042E4DD58B5 & MASK
        hi ^= hi >> 48
        return hi * (lo | 1) & MASK

    def float64(self):
        return (self.uint64() & (2**53 - 1)) / 2**53


def log_w(x, k):
    """ln of half the mean of squared distances of ordered pairs, summed over clusters."""
    start = x[np.argsort(x[:, 0], kind="stable")[[(2 * i + 1) * len(x) // (2 * k) for i in range(k)]]]
    label = KMeans(k, init=start, n_init=1, tol=0, max_iter=1000).fit_predict(x)
    w = 0.0
    for g in range(k):
        y = x[label == g]
        w += ((y[:, None, :] - y[None, :, :]) ** 2).sum() / (2 * len(y))
    return math.log(w)


gap = []
ks, b = [1, 2, 3, 4, 5, 6], 15
for name, x in [
    ("four groups", make_blobs(60, centers=4, n_features=2, cluster_std=0.7, random_state=3)[0]),
    ("one group", rng.normal(size=(50, 3)) * [3, 2, 1]),
    ("two long groups", np.vstack([np.linspace(-0.5, 0.5, 30)[:, None] + rng.normal(0, 0.1, (30, 3)) + shift for shift in (0, 10)])),
]:
    x = np.round(x, 4)
    entry = {"name": name, "x": x.tolist(), "ks": ks, "b": b, "seed": 77, "by": {}}
    own = [log_w(x, k) for k in ks]
    for reference in ("pca", "box"):
        mean, axes = np.zeros(x.shape[1]), np.eye(x.shape[1])
        if reference == "pca":
            mean = x.mean(axis=0)
            axes = np.linalg.svd(x - mean, full_matrices=False)[2].T
            for a in range(axes.shape[1]):
                axes[:, a] *= np.sign(axes[np.argmax(np.abs(axes[:, a])), a])
        z = (x - mean) @ axes
        lo, hi = z.min(axis=0), z.max(axis=0)
        logs = []
        for i in range(1, b + 1):
            pcg = PCG(entry["seed"], 0x28 + (i << 8))
            u = np.array([[pcg.float64() for _ in range(x.shape[1])] for _ in range(len(x))])
            logs.append([log_w((lo + u * (hi - lo)) @ axes.T + mean, k) for k in ks])
        logs = np.array(logs)
        value = logs.mean(axis=0) - own
        se = logs.std(axis=0) * math.sqrt(1 + 1 / b)
        good = [k for i, k in enumerate(ks[:-1]) if value[i] >= value[i + 1] - se[i + 1]]
        entry["by"][reference] = {"log_w": own, "expected": logs.mean(axis=0).tolist(), "gap": value.tolist(), "se": se.tolist(), "k": good[0] if good else 0}
    gap.append(entry)

print(json.dumps({
    "versions": {m: version(m) for m in ("numpy", "scipy", "scikit-learn")},
    "stability": stability, "prediction": prediction, "gap": gap,
}, default=lambda v: v.item()))
