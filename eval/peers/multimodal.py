"""Generators of sets on which k-means has many local optima: (values, true labels).

Shapes after the clustering basic benchmark (Fränti and Sieranoja, 2018, doi
10.1007/s10489-018-1238-7), drawn anew by numpy's RandomState.
"""

import numpy as np


def spread(n, groups):
    """Group of each row: as equal as can be, in order."""
    return np.arange(n) * groups // n


def around(r, centre, y, width):
    """Rows around the centres of their groups, in random order."""
    width = np.broadcast_to(width, len(centre))
    x = centre[y] + r.randn(len(y), centre.shape[1]) * width[y, None]
    order = r.permutation(len(y))
    return x[order], y[order]


def grid(n, side, seed):
    """birch1: side × side round groups on a grid, 4√2 widths apart."""
    r = np.random.RandomState(seed)
    centre = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) * 4 * np.sqrt(2)
    return around(r, centre, spread(n, side * side), 1.0)


def sine(n, groups, seed):
    """birch2: round groups along a sine curve, neighbours 4√2 widths apart in x."""
    r = np.random.RandomState(seed)
    t = np.arange(groups)
    centre = np.stack([t * 4 * np.sqrt(2), groups * np.sin(2 * np.pi * t / groups * 4)], 1)
    return around(r, centre, spread(n, groups), 1.0)


def apart(r, groups, d, least):
    """Centres in the unit cube, drawn one by one, none nearer than least to another."""
    centre = np.empty((0, d))
    while len(centre) < groups:
        c = r.uniform(0, 1, d)
        if len(centre) == 0 or np.linalg.norm(centre - c, axis=1).min() >= least:
            centre = np.vstack([centre, c])
    return centre


def overlapping(n, groups, seed, least, width):
    """S-sets and A-sets: round groups in the plane, apart by at least `least`."""
    r = np.random.RandomState(seed)
    return around(r, apart(r, groups, 2, least), spread(n, groups), width)


def unbalanced(n, seed, small):
    """unbalance: five groups of `small` rows far away, the others in three groups close together."""
    r = np.random.RandomState(seed)
    centre = np.array([[0, 0], [6, 3], [6, -3], [60, 20], [60, 0], [60, -20], [75, 10], [75, -10]], float)
    y = np.concatenate([spread(n - 5 * small, 3), np.repeat(np.arange(3, 8), small)])
    return around(r, centre, y, [1.0] * 3 + [2.0] * 5)


def nested(n, seed):
    """Four groups of four groups of four, each level eight times as narrow: three scales."""
    r = np.random.RandomState(seed)
    centre = np.zeros((1, 3))
    for width in (64.0, 8.0, 1.0):
        centre = (centre[:, None, :] + apart(r, 4, 3, 0.4)[None] * 4 * width).reshape(-1, 3)
    return around(r, centre, spread(n, len(centre)), 0.3)


GENERATORS = {f.__name__: f for f in (grid, sine, overlapping, unbalanced, nested)}
