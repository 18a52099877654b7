"""One fit of one peer in this process: started by bench.py, once for each measurement.

    python eval/peers/peer.py '{"tool": "scikit-learn", "task": "kmeans", "file": "X.npy", ...}'

Data are loaded and modules warmed up on a slice before the clock starts. The last line
on standard output is JSON: seconds and cpu of the first fit, again (the best of further
fits in the same warm process, where fits are short), extra_mb (peak resident memory
above what was resident before the fit), version, outcome. A package that is not
installed gives {"skip": reason}.
"""

import json
import os
import sys
import time
import warnings

import numpy as np

WARM_ROWS = 2000
ADAPTERS = {}


def peer(task, *tools):
    """Register an adapter: f(job, x) returns (version, fit, tell). fit(rows) computes on
    x[rows]; tell(result) gives the outcome, in which labels are taken apart."""

    def add(f):
        for tool in tools:
            ADAPTERS[task, tool] = f
        return f

    return add


def sklearn_version():
    import sklearn

    return sklearn.__version__


# ---- k-means


def kmeans_outcome(m):
    return {"objective": float(m.inertia_), "n_iter": int(m.n_iter_), "labels": m.labels_}


@peer("kmeans", "scikit-learn", "scikit-learn elkan")
def _(j, x):
    from sklearn.cluster import KMeans

    algorithm = "elkan" if j["tool"].endswith("elkan") else "lloyd"
    init = np.load(j["init"])
    model = KMeans(len(init), init=init, n_init=1, algorithm=algorithm, tol=0, max_iter=j["max_iter"])
    return sklearn_version(), lambda rows: model.fit(x[rows]), kmeans_outcome


@peer("kmeans", "scikit-learn-intelex")
def _(j, x):
    import logging
    from importlib.metadata import version

    heard = []
    logger = logging.getLogger("sklearnex")
    logger.setLevel(logging.INFO)
    logger.addHandler(type("", (logging.Handler,), {"emit": lambda self, record: heard.append(record.getMessage())})())
    from sklearnex.cluster import KMeans

    init = np.load(j["init"])
    model = KMeans(len(init), init=init, n_init=1, algorithm="lloyd", tol=0, max_iter=j["max_iter"])

    def tell(m):
        fallback = [s for s in heard if "fallback" in s]
        return kmeans_outcome(m) | ({"fallback": fallback[0]} if fallback else {})

    return version("scikit-learn-intelex"), lambda rows: model.fit(x[rows]), tell


@peer("kmeans", "faiss")
def _(j, x):
    import faiss

    faiss.omp_set_num_threads(j["threads"])
    x, init = x.astype(np.float32), np.load(j["init"]).astype(np.float32)
    n, d, k, steps = *x.shape, len(init), j["steps"]

    def fit(rows):
        m = faiss.Kmeans(d, k, niter=steps, max_points_per_centroid=n, min_points_per_centroid=1)
        m.train(x[rows], init_centroids=init)
        return m

    return faiss.__version__, fit, lambda m: {"objective": float(m.obj[-1]), "n_iter": steps}


@peer("stream", "scikit-learn")
def _(j, x):
    from sklearn.cluster import KMeans

    model = KMeans(j["k"], n_init=1, random_state=j["seed"])
    return sklearn_version(), lambda rows: model.fit(x[rows]), kmeans_outcome


@peer("seeding", "scikit-learn")
def _(j, x):
    from sklearn.cluster import kmeans_plusplus
    from sklearn.metrics import pairwise_distances_argmin_min

    def tell(r):
        return {"objective": float((pairwise_distances_argmin_min(x, r[0])[1] ** 2).sum())}

    return sklearn_version(), lambda rows: kmeans_plusplus(x[rows], j["k"], random_state=j["seed"]), tell


@peer("minibatch", "scikit-learn")
def _(j, x):
    from sklearn.cluster import MiniBatchKMeans

    init = np.load(j["init"])
    model = MiniBatchKMeans(len(init), init=init, n_init=1, batch_size=j["batch_size"], max_iter=j["max_iter"], random_state=j["seed"])
    return sklearn_version(), lambda rows: model.fit(x[rows]), kmeans_outcome


@peer("quality", "scikit-learn best of 10")
def _(j, x):
    from sklearn.cluster import KMeans

    model = KMeans(j["k"], n_init=10, random_state=j["seed"])
    return sklearn_version(), lambda rows: model.fit(x[rows]), kmeans_outcome


@peer("pass", "reading")
def _(j, x):
    """Two cores reading what ten passes read, rows in float32: ten copies, one after the
    other, so that they come from memory and not from a cache."""
    import concurrent.futures

    import threadpoolctl

    x = np.tile(x.astype(np.float32).ravel(), 10)
    half = len(x) // 2
    pool = concurrent.futures.ThreadPoolExecutor(2)

    def fit(rows):
        with threadpoolctl.threadpool_limits(1):
            list(pool.map(lambda part: np.dot(part, part), (x[:half], x[half:])))

    return np.__version__, fit, lambda _: {"bytes": x.nbytes}


# ---- mixtures


@peer("gmm", "scikit-learn")
def _(j, x):
    from sklearn.mixture import GaussianMixture

    warnings.simplefilter("ignore")  # it says that it did not converge: tol is 0
    init = np.load(j["init"])
    k, precision = len(init), np.linalg.inv(np.cov(x.T))
    model = GaussianMixture(
        k, tol=0, max_iter=j["max_iter"], reg_covar=1e-6, init_params="random_from_data", random_state=j["seed"],
        weights_init=np.full(k, 1 / k), means_init=init, precisions_init=np.repeat(precision[None], k, 0),
    )  # fmt: skip

    def tell(m):
        return {"objective": float(m.score(x)), "before_last_step": float(m.lower_bound_), "n_iter": int(m.n_iter_), "labels": m.predict(x)}

    return sklearn_version(), lambda rows: model.fit(x[rows]), tell


# ---- indices and PCA


@peer("silhouette", "scikit-learn", "scikit-learn n_jobs=2")
def _(j, x):
    from sklearn.metrics import silhouette_score

    y, jobs = np.load(j["labels"]), 2 if j["tool"].endswith("2") else None
    return sklearn_version(), lambda rows: silhouette_score(x[rows], y[rows], n_jobs=jobs), lambda v: {"value": float(v)}


@peer("davies_bouldin", "scikit-learn")
@peer("calinski_harabasz", "scikit-learn")
def _(j, x):
    from sklearn import metrics

    y, score = np.load(j["labels"]), getattr(metrics, j["task"] + "_score")
    return sklearn_version(), lambda rows: score(x[rows], y[rows]), lambda v: {"value": float(v)}


@peer("pca", "scikit-learn full", "scikit-learn covariance")
def _(j, x):
    from sklearn.decomposition import PCA

    model = PCA(j["n_components"], svd_solver="full" if j["tool"].endswith("full") else "covariance_eigh")
    return sklearn_version(), lambda rows: model.fit(x[rows]), lambda m: {"variances": m.explained_variance_.tolist()}


# ---- medoids


@peer("kmedoids", "kmedoids", "kmedoids 2 cores", "kmedoids with matrix")
def _(j, x):
    """Starts at the first k rows. On one core rows are tried in their order, which makes
    the result comparable; on more, in an order drawn by lot."""
    from importlib.metadata import version

    import kmedoids
    from scipy.spatial.distance import pdist, squareform

    start = np.arange(j["k"])
    given = None if j["tool"].endswith("matrix") else squareform(pdist(x))

    def fit(rows):
        # What is not contiguous is the warm-up's slice alone.
        m = squareform(pdist(x[rows])) if given is None else np.ascontiguousarray(given[rows, rows])
        np.random.seed(j["seed"])  # of the order on two cores
        return kmedoids.fasterpam(m, start, max_iter=300, n_cpu=2 if j["tool"].endswith("2 cores") else 1)

    return version("kmedoids"), fit, lambda m: {"objective": float(m.loss), "n_iter": int(m.n_iter), "labels": np.asarray(m.labels)}


# ---- density and hierarchy


@peer("dbscan", "scikit-learn")
def _(j, x):
    from sklearn.cluster import DBSCAN

    model = DBSCAN(eps=j["eps"], min_samples=j["min_samples"], n_jobs=j["threads"])
    return sklearn_version(), lambda rows: model.fit(x[rows]), lambda m: density(m.labels_, len(m.core_sample_indices_))


@peer("dbscan", "dbscan")
def _(j, x):
    from importlib.metadata import version

    import dbscan

    return version("dbscan"), lambda rows: dbscan.DBSCAN(x[rows], eps=j["eps"], min_samples=j["min_samples"]), lambda r: density(r[0], int(r[1].sum()))


def density(labels, core):
    return {"n_clusters": int(labels.max() + 1), "n_noise": int((labels < 0).sum()), "core": core, "labels": labels}


@peer("hdbscan", "fast_hdbscan")
def _(j, x):
    from importlib.metadata import version

    import fast_hdbscan

    def fit(rows):
        return fast_hdbscan.HDBSCAN(min_cluster_size=j["min_cluster_size"], min_samples=j["min_samples"]).fit(x[rows])

    return version("fast_hdbscan"), fit, lambda m: {k: v for k, v in density(m.labels_, 0).items() if k != "core"}


@peer("hdbscan", "hdbscan", "hdbscan 1 core")
def _(j, x):
    from importlib.metadata import version

    import hdbscan

    def fit(rows):  # it counts other rows only, and its tree is approximate unless told otherwise
        return hdbscan.HDBSCAN(
            min_cluster_size=j["min_cluster_size"], min_samples=j["min_samples"] - 1, approx_min_span_tree=False, core_dist_n_jobs=1 if "1 core" in j["tool"] else j["threads"]
        ).fit(x[rows])

    return version("hdbscan"), fit, lambda m: {k: v for k, v in density(m.labels_, 0).items() if k != "core"}


@peer("mst", "quitefastmst")  # its M counts other rows only
def _(j, x):
    import quitefastmst

    return quitefastmst.__version__, lambda rows: quitefastmst.mst_euclid(x[rows], max(1, j["min_samples"] - 1)), lambda r: {"weight": float(np.sort(r[0]).sum())}


@peer("knn", "quitefastmst")
def _(j, x):
    import quitefastmst

    return quitefastmst.__version__, lambda rows: quitefastmst.knn_euclid(x[rows], k=j["k"]), lambda r: {"weight": float(r[0].sum())}


@peer("knn", "scikit-learn")
def _(j, x):
    from sklearn.neighbors import NearestNeighbors

    def fit(rows):
        return NearestNeighbors(n_neighbors=j["k"], algorithm="kd_tree", n_jobs=j["threads"]).fit(x[rows]).kneighbors()

    return sklearn_version(), fit, lambda r: {"weight": float(r[0].sum())}


@peer("optics", "scikit-learn")
def _(j, x):
    from sklearn.cluster import OPTICS

    model = OPTICS(min_samples=j["min_samples"])  # a query at a time: with n_jobs it is fifteen times slower
    return sklearn_version(), lambda rows: model.fit(x[rows]), lambda m: {"labels": m.labels_, "n_clusters": int(m.labels_.max() + 1)}


@peer("linkage", "fastcluster", "fastcluster linkage_vector", "scipy")
def _(j, x):
    import scipy
    from scipy.cluster.hierarchy import fcluster

    if j["tool"] == "scipy":
        from scipy.cluster.hierarchy import linkage

        version, fit = scipy.__version__, lambda rows: linkage(x[rows], j["method"])
    else:
        import fastcluster

        version = fastcluster.__version__
        if j["tool"] == "fastcluster":
            fit = lambda rows: fastcluster.linkage(x[rows], j["method"])
        else:
            fit = lambda rows: fastcluster.linkage_vector(x[rows], j["method"])
    return version, fit, lambda z: {"heights": float(z[:, 2].sum()), "highest": float(z[-1, 2]), "labels": fcluster(z, j["k"], "maxclust")}


@peer("linkage", "scikit-learn")
def _(j, x):
    from sklearn.cluster import AgglomerativeClustering

    model = AgglomerativeClustering(j["k"], linkage=j["method"])
    return sklearn_version(), lambda rows: model.fit(x[rows]), lambda m: {"labels": m.labels_}


# ---- the clock


def resident():
    """Resident memory now and its peak since the last reset, MB."""
    now = {k: int(v.split()[0]) / 1024 for k, v in (line.split(":") for line in open("/proc/self/status")) if k in ("VmRSS", "VmHWM")}
    return now["VmRSS"], now["VmHWM"]


def load(file):
    if file.endswith(".parquet"):
        import pyarrow.parquet as pq

        table = pq.read_table(file)
        x = np.empty((table.num_rows, table.num_columns))
        for c, column in enumerate(table.columns):
            x[:, c] = column.to_numpy()
        return x
    return np.load(file)


def clock(fit, rows):
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    result = fit(rows)
    return result, time.perf_counter() - wall, sum(os.times()[:4]) - cpu


def main():
    j = json.loads(sys.argv[1])
    x = load(j["file"])
    try:
        version, fit, tell = ADAPTERS[j["task"], j["tool"]](j, x)
    except ImportError as e:
        print(json.dumps({"skip": f"{j['tool']} is not installed here: {e}"}))
        return
    fit(slice(0, min(len(x), max(WARM_ROWS, 8 * j.get("k", 0)))))
    try:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")  # the peak starts again from what is resident now
    except OSError:
        pass
    before = resident()[0]
    result, wall, cpu = clock(fit, slice(None))
    peak, again = resident()[1], []
    outcome = tell(result)
    while wall + sum(again) < j["again_s"] and len(again) < 3:
        again.append(clock(fit, slice(None))[1])
    labels = outcome.pop("labels", None)
    if labels is not None and j.get("labels_out"):
        np.save(j["labels_out"], np.asarray(labels).astype(np.int32))
    print(json.dumps({"version": version, "seconds": wall, "again": min(again, default=None), "cpu": cpu, "rss_mb": peak, "extra_mb": peak - before, "outcome": outcome}))


if __name__ == "__main__":
    main()
