"""Expected values of package cluster, from scikit-learn and SciPy.

    python eval/peers/cluster_expected.py      # writes cluster/testdata/

NAME.npy.gz        the set (float32)
NAME.linkage.npy.gz  SciPy's linkage of the first 500 rows: single, complete, average, ward
                   below each other, each 499 × 4
expected.json      k-means from given starts, DBSCAN
"""

import gzip
import io
import json
import pathlib
import tomllib

import numpy as np
import scipy
import scipy.cluster.hierarchy as sch
import sklearn
from sklearn.cluster import DBSCAN, KMeans

here = pathlib.Path(__file__).resolve().parent
out = here.parent.parent / "cluster" / "testdata"
TREE_ROWS = 500


def blobs(r, n):
    c = r.uniform(-6, 6, (5, 2))
    return c[r.integers(5, size=n)] + r.normal(0, 0.9, (n, 2))


def gmm8(r, n):
    c, s = r.uniform(-5, 5, (8, 8)), r.uniform(0.5, 1.6, 8)
    p = r.dirichlet(np.full(8, 3.0))
    z = r.choice(8, n, p=p)
    return c[z] + r.normal(size=(n, 8)) * s[z, None]


def customers(r, n):
    mu = np.log([[8, 30, 900, 10], [40, 8, 200, 30], [150, 2, 60, 90], [20, 3, 45, 25]])
    z = r.choice(4, n, p=[0.1, 0.3, 0.4, 0.2])
    x = mu[z] + r.normal(size=(n, 4)) * 0.5
    return (x - x.mean(0)) / x.std(0)


def shapes2d(r, n):
    m = n * 9 // 10
    kind, t = r.integers(3, size=m), r.uniform(0, np.pi, m)
    x = np.stack([np.cos(t), np.sin(t)], 1)
    x[kind == 1] = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)[kind == 1]
    x[kind == 2] = np.array([0.5, 0.25]) + 2.2 * np.stack([np.cos(2 * t), np.sin(2 * t)], 1)[kind == 2]
    x += r.normal(0, 0.06, x.shape)
    return np.concatenate([x, r.uniform(-3, 3.5, (n - m, 2))])


def blobs3d(r, n):
    c, s = r.uniform(-4, 4, (12, 3)), r.uniform(0.3, 0.9, 12)
    z = r.integers(12, size=n)
    return c[z] + r.normal(size=(n, 3)) * s[z, None]


def wholesale(r, n):
    a = r.normal(size=(6, 6)) * 0.5
    x = np.exp(r.normal(size=(n, 6)) @ a + r.uniform(6, 9, 6))
    x[:, 0][r.random(n) < 0.3] *= 6
    return np.log1p(x)


def save(name, a):
    buf = io.BytesIO()
    np.save(buf, np.ascontiguousarray(a))
    with open(out / name, "wb") as f, gzip.GzipFile("", "wb", 9, f, 0) as g:
        g.write(buf.getvalue())


def fit(x, start, **kw):
    m = KMeans(len(start), init=start, n_init=1, algorithm="lloyd", **{k: v for k, v in kw.items() if k != "weights"})
    m.fit(x, sample_weight=kw.get("weights"))
    return {"labels": m.labels_.tolist(), "inertia": m.inertia_, "n_iter": m.n_iter_}


def main():
    out.mkdir(exist_ok=True)
    res = {"made_by": f"eval/peers/cluster_expected.py, scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, numpy {np.__version__}", "sets": {}}
    for name, p in tomllib.loads((here / "data.toml").read_text()).items():
        if "eps" not in p:
            continue
        r = np.random.Generator(np.random.PCG64(p["seed"]))
        f32 = globals()[name](r, p["n"]).astype(np.float32)
        x = f32.astype(np.float64)
        save(name + ".npy.gz", f32)
        runs = []
        for k in p["k"]:
            rows = r.choice(len(x), k, replace=False)
            for tol in (1e-4, 0.0):
                runs.append({"rows": rows.tolist(), "tol": tol, "max_iter": 300} | fit(x, x[rows], tol=tol, max_iter=300))
            w = 1.0 + np.arange(len(x)) % 5
            runs.append({"rows": rows.tolist(), "tol": 1e-4, "max_iter": 300, "weights": "1 + row mod 5"} | fit(x, x[rows], tol=1e-4, max_iter=300, weights=w))
            runs.append({"rows": rows.tolist(), "tol": 0.0, "max_iter": 3} | fit(x, x[rows], tol=0.0, max_iter=3))
        # Two centres far outside: both become empty at once and are re-seeded.
        rows = r.choice(len(x), 4, replace=False)
        start = np.concatenate([x[rows], [x.max(0) + 1000, x.max(0) + 2000]])
        runs.append({"rows": rows.tolist(), "far": start[4:].tolist(), "tol": 0.0, "max_iter": 300} | fit(x, start, tol=0.0, max_iter=300))
        db = []
        for eps in (p["eps"], p["eps"] * 0.7, p["eps"] * 1.5):
            m = DBSCAN(eps=eps, min_samples=p["min_samples"], algorithm="kd_tree").fit(x)
            db.append({"eps": eps, "min_samples": p["min_samples"], "labels": m.labels_.tolist(), "core": m.core_sample_indices_.tolist()})
        w = 0.5 + np.arange(len(x)) % 3
        m = DBSCAN(eps=p["eps"], min_samples=p["min_samples"], algorithm="kd_tree").fit(x, sample_weight=w)
        db.append({"eps": p["eps"], "min_samples": p["min_samples"], "weights": "0.5 + row mod 3", "labels": m.labels_.tolist(), "core": m.core_sample_indices_.tolist()})
        t = x[:TREE_ROWS]
        save(name + ".linkage.npy.gz", np.concatenate([sch.linkage(t, method) for method in ("single", "complete", "average", "ward")]))
        res["sets"][name] = {"kmeans": runs, "dbscan": db}
        print(name, x.shape, [(len(q["rows"]), q["n_iter"]) for q in runs], [(max(q["labels"]) + 1, q["labels"].count(-1), len(q["core"])) for q in db])
    (out / "expected.json").write_text(json.dumps(res, separators=(",", ":")) + "\n")


main()
