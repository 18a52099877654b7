"""Expected values of DBCV, from its definition and from two packages.

    pip install hdbscan==0.8.44 git+https://github.com/FelSiq/DBCV@13c3896
    python eval/peers/dbcv_expected.py > eval/testdata/dbcv.json

`by_definition` is the paper's, row by row in extended precision, with the choices that
eval/dbcv.go lists. The packages differ from it:

felsiq   the tree that SciPy's Kruskal finds among equally long edges; distances below 1e-12
         count as 1e-12, and duplicates are refused; 1e-12 is added to the divisor of V.
hdbscan  Prim's tree from the first row, whose parents are then looked up among all that are
         equally far within 1e-5, and of two rows the first alone is inner. No segment of one
         row: they are handed over as noise.

Both go by the order of rows where edges are equally long: another order, another value
("by_order": the least and the largest of twelve). Here their ties are broken as ours, by a
billionth part of the distance; felsiq takes powers with 512 bits. They then agree to 1e-7.
"""

import json
import sys
from importlib.metadata import version

import dbcv.core as felsiq
import hdbscan.validity
import numpy as np


def by_definition(x, labels):
    x, labels = np.asarray(x, float), np.asarray(labels)
    d = x.shape[1]
    names = [g for g in range(labels.max() + 1) if (labels == g).sum() > 1]
    inner, sparse = {}, {}
    for g in names:
        rows = x[labels == g]
        rows = rows[np.lexsort(rows.T[::-1])].astype(np.longdouble)  # by value, first column first
        m = len(rows)
        dist = np.sqrt(((rows[:, None] - rows) ** 2).sum(2))
        core = np.zeros(m, np.longdouble)
        for i in range(m):
            total = sum(dist[i, j] ** -d for j in range(m) if dist[i, j] > 0)
            if total > 0:
                core[i] = (total / (m - 1)) ** (-np.longdouble(1) / d)
        reach = np.maximum(dist, np.maximum(core[:, None], core))
        edges = sorted((reach[i, j], dist[i, j], i, j) for i in range(m) for j in range(i + 1, m))
        part, tree = list(range(m)), []
        for e in edges:  # Kruskal
            a, b = part[e[2]], part[e[3]]
            if a != b:
                part = [a if v == b else v for v in part]
                tree.append(e)
        degree = np.bincount([v for e in tree for v in e[2:]], minlength=m)
        inside = [e[0] for e in tree if degree[e[2]] > 1 and degree[e[3]] > 1]
        sparse[g] = max(inside or [e[0] for e in tree])
        keep = np.flatnonzero(degree > 1) if m > 2 else np.arange(m)
        inner[g] = rows[keep], core[keep]
    values = np.zeros(labels.max() + 1)
    for g in names:
        near = min(
            max(np.sqrt(((a - b) ** 2).sum()), ca, cb)
            for h in names if h != g
            for a, ca in zip(*inner[g], strict=True) for b, cb in zip(*inner[h], strict=True)
        )
        values[g] = (near - sparse[g]) / max(near, sparse[g])
    return sum(values[g] * (labels == g).sum() for g in names) / len(labels), values


felsiq_reach = felsiq.compute_mutual_reach_dists
hdbscan_reach = hdbscan.validity.distances_between_points
hdbscan_close = hdbscan.validity.isclose


def felsiq_nearer_first(dists, d, enable_dynamic_precision):
    core, reach = felsiq_reach(dists=dists, d=d, enable_dynamic_precision=enable_dynamic_precision)
    return core, reach + 1e-9 * dists


def hdbscan_nearer_first(*args, no_coredist=False, **more):
    reach, core = hdbscan_reach(*args, no_coredist=False, **more)
    return reach + 1e-9 * hdbscan_reach(*args, no_coredist=True, **more)[0], core


def nearer_first(yes):
    felsiq.compute_mutual_reach_dists = felsiq_nearer_first if yes else felsiq_reach
    hdbscan.validity.distances_between_points = hdbscan_nearer_first if yes else hdbscan_reach
    hdbscan.validity.isclose = np.equal if yes else hdbscan_close


def felsiq_score(x, labels, precise=False):
    return felsiq.dbcv(x, labels, metric="euclidean", n_processes=1, enable_dynamic_precision=precise)


def hdbscan_score(x, labels):
    alone = np.isin(labels, [g for g in range(labels.max() + 1) if (labels == g).sum() == 1])
    _, y = np.unique(np.where(alone, -1, labels), return_inverse=True)
    with np.errstate(all="ignore"):
        return float(hdbscan.validity.validity_index(x, y - (alone | (labels < 0)).any()))


def by_order(score, x, labels):
    rng, values = np.random.default_rng(1), []
    for _ in range(12):
        p = rng.permutation(len(labels))
        values.append(score(x[p], labels[p]))
    return [min(values), max(values)]


def sets(rng):
    for name, n, d, k, spread, alone, noise in [
        ("blobs", 120, 2, 3, 1.0, 0, 0),
        ("one feature", 70, 1, 4, 0.3, 0, 0),
        ("overlap", 110, 2, 4, 3.0, 0, 0),
        ("noise", 120, 3, 3, 1.0, 0, 25),
        ("segments of one row", 90, 4, 3, 1.0, 4, 0),
        ("both", 100, 8, 4, 1.0, 2, 14),
        ("twenty features", 90, 20, 3, 1.0, 0, 5),
        ("thirty features, tiny", 80, 30, 3, 1.0, 0, 0),
        ("pairs and threes", 25, 2, 10, 0.2, 0, 0),
    ]:
        labels = np.arange(n) % k
        x = rng.normal(0, 5, (k, d))[labels] + rng.normal(0, spread, (n, d))
        if "tiny" in name:
            x *= 1e-6
        labels[:alone] = k + np.arange(alone)
        labels[alone:][rng.choice(n - alone, noise, replace=False)] = -1
        yield name, x, labels
    t = rng.uniform(0, np.pi, 140)
    labels = np.arange(140) % 2
    moons = np.c_[np.cos(t), np.sin(t)] * (1 - 2 * labels[:, None]) + [1, 0.4] * labels[:, None]
    yield "moons", moons + rng.normal(0, 0.06, (140, 2)), labels
    labels = np.arange(90) % 3
    yield "each row twice", np.repeat(rng.normal(0, 1, (45, 3)), 2, axis=0) + 4.0 * np.repeat(labels[:45], 2)[:, None], np.repeat(labels[:45], 2)
    yield "duplicates", rng.integers(0, 4, (90, 3)) + 5.0 * labels[:, None], labels
    yield "a lattice", rng.permutation(np.array([[i, j] for i in range(9) for j in range(9)], float)), rng.integers(0, 3, 81)


def main():
    out = {"numpy": np.__version__, "hdbscan": version("hdbscan"), "felsiq_dbcv": version("dbcv") + " (13c3896)", "sets": []}
    for name, x, labels in sets(np.random.default_rng(14)):
        value, segments = by_definition(x, labels)
        case = {"name": name, "x": x.tolist(), "labels": labels.tolist(), "value": float(value), "segments": segments.tolist()}
        lattice = name in ("duplicates", "a lattice")  # equal distances too
        nearer_first(True)
        if not lattice and name != "each row twice":
            case["felsiq"] = felsiq_score(x, labels, True)
        if not lattice and name != "pairs and threes":
            try:
                case["hdbscan"] = hdbscan_score(x, labels)
            except AssertionError:
                pass  # it does not find its own tree's edges again
        nearer_first(False)
        if not lattice and name != "each row twice":
            case["by_order"] = by_order(felsiq_score, x, labels)
        print({k: v for k, v in case.items() if k not in ("x", "labels", "segments")}, file=sys.stderr)
        out["sets"].append(case)
    json.dump(out, sys.stdout, separators=(",", ":"))
    print()


main()
