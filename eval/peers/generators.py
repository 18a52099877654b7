"""Generators of the sets that `[bench.*]` of data.toml names: (values, true labels).

Every function takes its parameters from the file and draws from numpy's RandomState
(whose stream numpy promises never to change) in a fixed order, so a set is the same
numbers everywhere. A label of -1 is background noise.
"""

import multimodal
import numpy as np


def gaussians(n, d, groups, seed):
    """Gaussian groups of unequal weight, shape and direction: centres uniform in
    [-10, 10]^d, weights Dirichlet(5), covariance Q diag(s²) Qᵀ with s uniform in [1, 3]."""
    r = np.random.RandomState(seed)
    centre = r.uniform(-10, 10, (groups, d))
    group = r.choice(groups, n, p=r.dirichlet(np.full(groups, 5.0)))
    x = np.empty((n, d))
    for g in range(groups):
        rows = np.flatnonzero(group == g)
        axes = np.linalg.qr(r.randn(d, d))[0] * r.uniform(1.0, 3.0, d)
        x[rows] = centre[g] + r.randn(len(rows), d) @ axes.T
    return x, group


def customers(n, d, seed, scale="raw"):
    """Skewed, correlated spends and counts (log-normal, pairwise correlation ½) of six
    segments that hold 35, 25, 18, 12, 7 and 3 % of the customers, in units that differ
    by up to 1000. scale: raw, log_z (log1p, then z-scores), log_minmax."""
    r = np.random.RandomState(seed)
    segment = r.choice(6, n, p=[0.35, 0.25, 0.18, 0.12, 0.07, 0.03])
    mix = np.linalg.cholesky(0.5 * (np.eye(d) + np.ones((d, d))))
    mean = r.uniform(-1.5, 1.5, (6, d))
    x = r.randn(n, d) @ mix.T * r.uniform(0.4, 0.9, d) + mean[segment]
    x = np.exp(x) * 10.0 ** r.randint(0, 4, d)
    if scale != "raw":
        x = np.log1p(x)
    if scale == "log_z":
        x = (x - x.mean(0)) / x.std(0)
    elif scale == "log_minmax":
        x = (x - x.min(0)) / np.ptp(x, 0)
    return x, segment


def shapes2d(n, seed):
    """Two moons (40 %), five round blobs of unequal width (50 %), background (10 %)."""
    r = np.random.RandomState(seed)
    moons, blobs = int(n * 0.4), int(n * 0.5)
    rest = n - moons - blobs
    angle = r.uniform(0, np.pi, moons)
    first = r.rand(moons) < 0.5
    arc = np.stack([np.cos(angle), np.sin(angle)], 1)
    moon = np.where(first[:, None], arc, np.array([1.0, 0.5]) - arc) * 8 + r.randn(moons, 2) * 0.35
    centre = np.array([[30, 5], [38, -6], [24, -12], [45, 8], [-14, -10]], float)
    width = np.array([1.0, 0.6, 1.4, 0.8, 1.1])
    g = r.randint(0, 5, blobs)
    blob = centre[g] + r.randn(blobs, 2) * width[g, None]
    noise = r.uniform([-22, -20], [54, 18], (rest, 2))
    x = np.concatenate([moon, blob, noise])
    y = np.concatenate([1 - first.astype(int), g + 2, np.full(rest, -1)])
    order = r.permutation(n)
    return x[order], y[order]


def blobs3d(n, seed):
    """Twelve round blobs of unequal width in a cube of side 100, 5 % background."""
    r = np.random.RandomState(seed)
    centre, width = r.uniform(0, 100, (12, 3)), r.uniform(1.0, 3.5, 12)
    rest = n // 20
    g = r.randint(0, 12, n - rest)
    x = np.concatenate([centre[g] + r.randn(n - rest, 3) * width[g, None], r.uniform(-10, 110, (rest, 3))])
    y = np.concatenate([g, np.full(rest, -1)])
    order = r.permutation(n)
    return x[order], y[order]


def seed_spreader(n, d, seed, restarts=10, burst=100, radius=100.0, noise=1e-4, side=1e5):
    """Clusters of varying density as in Gan and Tao (SIGMOD 2015): a spreader drops
    bursts of points in a ball around itself, takes a step, and now and then restarts
    elsewhere; the ball's radius is radius · (1 + i mod 10) after the i-th restart."""
    r = np.random.RandomState(seed)
    dropped = n - int(n * noise)
    x, y = np.empty((n, d)), np.full(n, -1)
    restart = 1 - (1 - restarts / dropped) ** burst
    at, i, where = -1, 0, None
    while i < dropped:
        if where is None or r.rand() < restart:
            at += 1
            where = r.uniform(0, side, d)
            ball = radius * (at % 10 + 1)
        m = min(burst, dropped - i)
        ray = r.randn(m, d)
        ray /= np.linalg.norm(ray, axis=1)[:, None]
        x[i : i + m] = where + ray * (ball * r.rand(m) ** (1.0 / d))[:, None]
        y[i : i + m] = at
        i += m
        step = r.randn(d)
        where = np.clip(where + step / np.linalg.norm(step) * (ball * d / 2.0), 0, side)
    x[dropped:] = r.uniform(0, side, (n - dropped, d))
    order = r.permutation(n)
    return x[order], y[order]


def uniform(n, d, seed, side):
    """Uniform in a cube: no clusters at all."""
    return np.random.RandomState(seed).uniform(0, side, (n, d)), np.zeros(n, np.int32)


def normal(n, d, seed):
    """One standard normal cloud: in many dimensions, where no index helps."""
    return np.random.RandomState(seed).randn(n, d), np.zeros(n, np.int32)


def cities(n, groups, seed, side=20_000.0, width=15.0):
    """Equally many points around each of some places far apart, row by row of a place:
    the report of scikit-learn#26726."""
    r = np.random.RandomState(seed)
    y = np.arange(n) * groups // n
    return r.uniform(0, side, (groups, 2))[y] + r.randn(n, 2) * width, y


GENERATORS = {f.__name__: f for f in (gaussians, customers, shapes2d, blobs3d, seed_spreader, uniform, normal, cities)} | multimodal.GENERATORS
