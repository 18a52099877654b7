"""How far two labellings of the same rows agree."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def table(a, b):
    """Contingency table of two labellings; -1 (noise) is a group like the others."""
    _, i = np.unique(a, return_inverse=True)
    _, j = np.unique(b, return_inverse=True)
    t = np.zeros((i.max() + 1, j.max() + 1), np.int64)
    np.add.at(t, (i, j), 1)
    return t


def compare(a, b):
    """same: the share of rows whose groups match when the groups are paired as well as can
    be; different: the rest, in rows; ari: the adjusted Rand index."""
    if len(a) != len(b):
        return {"same": None, "ari": None}
    t = table(a, b)
    r, c = linear_sum_assignment(t, maximize=True)
    hit, n = int(t[r, c].sum()), len(a)

    def pairs(v):
        return float((v.astype(np.float64) * (v - 1) / 2).sum())

    together, rows, cols = pairs(t), pairs(t.sum(1)), pairs(t.sum(0))
    by_chance, most = rows * cols / (n * (n - 1) / 2), (rows + cols) / 2
    return {"same": hit / n, "different": n - hit, "ari": 1.0 if most == by_chance else (together - by_chance) / (most - by_chance)}
