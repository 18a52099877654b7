#!/usr/bin/env python3
"""Expected values of the comparison of labellings and of their consensus.

    python3 compare_expected.py > ../testdata/compare.json

scikit-learn: mutual information (with itself: entropy) and adjusted Rand index with noise as one
cluster more. SciPy: average linkage and its optimal leaf order on the variations of
information, the assignment of segments that keeps most rows, average linkage of the
n×n co-association matrix. Ties decide which tree SciPy builds: only those cuts are kept
that eight other orders of the rows give too.
"""
import json
from importlib.metadata import version

import numpy as np
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage, optimal_leaf_ordering
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import squareform
from sklearn.metrics import adjusted_rand_score, mutual_info_score

rng = np.random.default_rng(20060113)


def filled(labels):
    labels = np.array(labels)
    labels[labels < 0] = labels.max() + 1
    return labels


def vi(a, b):
    return mutual_info_score(a, a) + mutual_info_score(b, b) - 2 * mutual_info_score(a, b)


def stayed(a, b):
    ka, kb = a.max() + 1, b.max() + 1
    table = np.zeros((ka, kb))
    for i, j in zip(a, b):
        if i >= 0 and j >= 0:
            table[i, j] += 1
    i, j = linear_sum_assignment(-table)
    return int(table[i, j].sum() + ((a < 0) & (b < 0)).sum())


def coassociation(labels, policy):
    labels = [filled(a) for a in labels] if policy == "one_cluster" else labels
    n = len(labels[0])
    same, judged = np.zeros((n, n)), np.zeros((n, n))
    for a in labels:
        both = (a[:, None] >= 0) & (a[None, :] >= 0)
        same += both & (a[:, None] == a[None, :])
        judged += both if policy == "exclude" else 1
    return np.where(judged > 0, same / np.maximum(judged, 1), 0)


def canonical(cut):
    """The rows' cluster, named by its first row."""
    first = {}
    return [first.setdefault(c, i) for i, c in enumerate(cut)]


def consensus(labels, policy):
    labels = np.array(labels)
    kept = np.arange(labels.shape[1])
    if policy != "one_cluster":
        kept = kept[2 * (labels < 0).sum(axis=0) <= len(labels)]
    c = coassociation([a[kept] for a in labels], policy)
    out = []
    trees = []
    for turn in range(9):
        order = np.arange(len(kept)) if turn == 0 else rng.permutation(len(kept))
        d = 1 - c[np.ix_(order, order)]
        np.fill_diagonal(d, 0)
        trees.append((order, linkage(squareform(d, checks=False), "average")))
    for k in range(2, 9):
        cuts = []
        for order, z in trees:
            cut = np.empty(len(kept), int)
            cut[order] = fcluster(z, k, "maxclust")
            cuts.append(canonical(cut))
        if all(x == cuts[0] for x in cuts) and len(set(cuts[0])) == k:
            full = np.full(labels.shape[1], -1)
            full[kept] = kept[cuts[0]]
            out.append({"k": k, "labels": full.tolist(), "top": trees[0][1][-1, 2]})
    return out


cases = []
for name, n, k, m, flip, noise in [
    ("planted", 120, 4, 6, 0.15, 0), ("planted, noise", 110, 3, 5, 0.2, 0.15), ("many labellings", 80, 5, 24, 0.3, 0.05),
    ("random", 60, 3, 4, 1.0, 0), ("two", 90, 4, 2, 0.3, 0.1), ("fine and coarse", 150, 6, 9, 0.1, 0.02), ("all alike", 40, 3, 3, 0, 0),
]:
    truth = rng.integers(0, k, n)
    labels = []
    for r in range(m):
        a = truth.copy()
        wrong = rng.random(n) < flip
        a[wrong] = rng.integers(0, k, wrong.sum())
        if name == "fine and coarse":
            a = a // 2 if r % 3 == 0 else a * 2 + rng.integers(0, 2, n) if r % 3 == 1 else a
        a = np.unique(rng.permutation(2 * k)[a], return_inverse=True)[1]
        a[rng.random(n) < noise] = -1
        labels.append(a)
    f = [filled(a) for a in labels]
    d = np.array([[vi(a, b) if not np.array_equal(a, b) else 0 for b in f] for a in f])
    d = np.maximum((d + d.T) / 2, 0)
    np.fill_diagonal(d, 0)
    length = d[0, -1] if m == 2 else None
    if m > 2:
        y = squareform(d, checks=False)
        order = leaves_list(optimal_leaf_ordering(linkage(y, "average"), y))
        length = float(d[order[:-1], order[1:]].sum())
    cases.append({
        "name": name, "labels": [a.tolist() for a in labels], "vi": d.tolist(),
        "ari": [[adjusted_rand_score(a, b) for b in f] for a in f], "length": length,
        "stayed": [[stayed(a, b) for b in labels] for a in labels],
        "consensus": {p: consensus(labels, p) for p in ("exclude", "singletons", "one_cluster")},
    })
print(json.dumps({"versions": {x: version(x) for x in ("scikit-learn", "scipy", "numpy")}, "cases": cases}))
