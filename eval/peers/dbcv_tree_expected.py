"""Expected values of DBCV on one tree, from its definition and from the hdbscan package.

    pip install hdbscan==0.8.44
    python eval/peers/dbcv_tree_expected.py > eval/testdata/dbcv_tree.json

Rows and labels are those of the sets that data.toml names under [indices], as
testdata/indices.json has them, and the labels that hdbscan itself gives to these rows.

hdbscan computes relative_validity_ for its own labels only. `formula` is that property's, of
any labels on any tree; that it gives relative_validity_ for the package's labels on the
package's tree is asserted. The trees are the package's:

as_is      its _min_spanning_tree. Of equally long edges it takes what it meets first.
nearer     its mutual reachability and its Prim, with ties broken as ours by a billionth part
           of the distance; lengths are looked up afterwards. Left out where rows are alike.
by_order   the least and the largest of as_is, of eight orders of the rows, and of ties broken
           the other way, farther first. Where the two are the same, ties decide nothing,
           and as_is must be ours.

`by_definition` is Kruskal's tree in the order of eval/dbcv_tree.go. Segments of one row are
handed over as noise; the package's clusters have two rows at least. A segment of which the
tree joins no two rows gets 0, where the property would give 1 (asserted: it meets none). min_samples counts the
row itself, as in eval: the package's is one less.
"""

import gzip
import io
import json
import pathlib
import sys
import tomllib
from importlib.metadata import version

import hdbscan
import numpy as np
from hdbscan._hdbscan_linkage import mst_linkage_core
from hdbscan._hdbscan_reachability import mutual_reachability

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent


def rows_of(spec):
    x = np.load(io.BytesIO(gzip.decompress((root / "cluster" / "testdata" / f"{spec['of']}.npy.gz").read_bytes()))).astype(float)
    if r := spec.get("round"):
        x = np.round(x * r) / r
    s = spec.get("stack", 1)
    n = len(x) // s
    return x[: n * s].reshape(n, -1)[: spec.get("rows", n)]


def without_singletons(labels):
    size = np.bincount(labels[labels >= 0], minlength=1)
    names = np.flatnonzero(size > 1)
    keep = (labels >= 0) & (size[np.maximum(labels, 0)] > 1)
    return np.where(keep, np.searchsorted(names, labels), -1)


def formula(labels, a, b, length):
    k = labels.max() + 1
    dense, apart = np.zeros(k), np.full(k, np.inf)
    one, two = labels[a], labels[b]
    same = (one >= 0) & (one == two)
    other = (one >= 0) & (two >= 0) & (one != two)
    np.maximum.at(dense, one[same], length[same])
    np.minimum.at(apart, one[other], length[other])
    np.minimum.at(apart, two[other], length[other])
    apart[np.isinf(apart)] = 2 * length.max()
    v = (apart - dense) / np.maximum(apart, dense)
    v[np.setdiff1d(np.arange(k), one[same])] = 0
    return float((np.bincount(labels[labels >= 0], minlength=k) * v).sum() / len(labels)), v


def without_edge(labels, a, b, length):
    same = labels[a] == labels[b]
    return np.setdiff1d(np.arange(labels.max() + 1), labels[a][same])


def distances(x):
    return np.sqrt(((x[:, None] - x) ** 2).sum(2))


def by_definition(x, labels, m):
    n, d = x.shape
    # By value, first column first; of rows that are alike by segment, larger ones first.
    size = np.bincount(labels[labels >= 0])
    assert len(set(size)) == len(size) or len(np.unique(x, axis=0)) == n, "segments of one size share rows"
    rank = np.where(labels < 0, 0, -size[labels])
    order = np.lexsort((rank, *x.T[::-1]))
    x, labels = x[order], labels[order]
    dist = distances(x)
    core = np.sort(dist, 1)[:, min(m, n) - 1]
    reach = np.maximum(dist, np.maximum(core[:, None], core))
    i, j = np.triu_indices(n, 1)
    part, tree = np.arange(n), []
    for e in np.lexsort((j, i, dist[i, j], reach[i, j])):
        a, b = part[i[e]], part[j[e]]
        if a != b:
            part[part == b] = a
            tree.append(e)
    return formula(labels, i[tree], j[tree], reach[i[tree], j[tree]])


def fit(x, m, size=10):
    return hdbscan.HDBSCAN(min_cluster_size=size, min_samples=m - 1, gen_min_span_tree=True, algorithm="generic").fit(x)


def edges(h):
    t = h._min_spanning_tree
    return t[:, 0].astype(int), t[:, 1].astype(int), t[:, 2]


def by_distance(x, m, part):
    dist = distances(x)
    reach = np.asarray(mutual_reachability(dist.copy(), m - 1))
    t = np.asarray(mst_linkage_core(reach + part * dist))
    a, b = t[:, 0].astype(int), t[:, 1].astype(int)
    return a, b, reach[a, b]


def main():
    out = {"numpy": np.__version__, "hdbscan": version("hdbscan"), "sets": []}
    made = {s["name"]: s for s in json.loads((root / "eval" / "testdata" / "indices.json").read_text())["sets"]}
    for at, (name, spec) in enumerate(tomllib.loads((here / "data.toml").read_text())["indices"].items()):
        x, rng = rows_of(spec), np.random.default_rng(at)
        given = np.array(made[name]["labels"])
        for m in (5, 12):
            h = fit(x, m)
            own = h.labels_
            for which, labels in (("given", given), ("own", own)):
                kept = without_singletons(labels)
                if kept.max() < 1:
                    continue
                value, segments = by_definition(x, kept, m)
                case = {"set": name, "which": which, "min_samples": m, "value": value, "as_is": formula(kept, *edges(h))[0]}
                if which == "own":
                    case["labels"] = own.tolist()
                    case["segments"] = segments.tolist()
                    assert len(without_edge(kept, *edges(h))) == 0
                    assert abs(h.relative_validity_ - case["as_is"]) < 1e-12
                    case["as_is"] = float(h.relative_validity_)
                orders = [rng.permutation(len(x)) for _ in range(8)]
                values = [formula(kept[p], *edges(fit(x[p], m)))[0] for p in orders]
                values += [case["as_is"], formula(kept, *by_distance(x, m, -1e-9))[0]]
                case["by_order"] = [min(values), max(values)]
                if len(np.unique(x, axis=0)) == len(x):
                    case["nearer"] = formula(kept, *by_distance(x, m, 1e-9))[0]
                print({k: v for k, v in case.items() if k not in ("labels", "segments")}, (kept < 0).sum(), file=sys.stderr, flush=True)
                out["sets"].append(case)
    json.dump(out, sys.stdout, separators=(",", ":"))
    print()


main()
