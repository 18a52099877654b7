"""What bench.py runs: jobs, made from data.toml's [bench], and the bars they are held to.

A job is one task on one set with one group of settings: how mores is told, which peers
run beside it, what must be equal, and for each peer the bar that its ratio counts for.
"""

import dataclasses

import make_data

SEED = 1


@dataclasses.dataclass
class Bar:
    """At least `mean` times a peer's speed in the geometric mean over the bar's jobs, at
    least `least` times in each."""

    text: str
    mean: float
    least: float = 0.0


BARS = {
    "kmeans k<=10": Bar("k-means, k ≤ 10, against scikit-learn's Lloyd", 5, 3),
    "kmeans k 20-50": Bar("k-means, k = 20-50, against scikit-learn's Lloyd", 9, 3),
    "kmeans k 200": Bar("k-means, k = 200, against scikit-learn's Lloyd", 15, 3),
    "kmeans intelex": Bar("k-means against scikit-learn-intelex", 2),
    "kmeans faiss": Bar("k-means against faiss-cpu, time of an iteration", 2),
    "seeding": Bar("k-means++ start alone against scikit-learn", 15),
    "kernel k 50": Bar("float32 assignment, k = 50, d = 16 and 32: share of the processor's peak", 0.55, 0.55),
    "kernel k 200": Bar("float32 assignment, k = 200, d = 16 and 32: share of the processor's peak", 0.60, 0.60),
    "pass": Bar("one pass of k-means, 1M × 8, k = 8: share of the speed of reading float32 rows", 0.5, 0.5),
    "minibatch": Bar("mini-batch k-means against scikit-learn", 4),
    "quality": Bar("quality mode in less time than scikit-learn's best of 10 starts", 1, 1),
    "gmm": Bar("Gaussian mixture, full, k = 8, d = 8, against scikit-learn", 20),
    "silhouette": Bar("exact silhouette, 20k × 8, against scikit-learn", 30),
    "davies_bouldin": Bar("Davies-Bouldin against scikit-learn", 15),
    "calinski_harabasz": Bar("Calinski-Harabasz against scikit-learn", 15),
    "pca full": Bar("PCA against scikit-learn's full solver", 15),
    "pca covariance": Bar("PCA against scikit-learn's covariance solver", 2),
    "kmedoids rows": Bar("FasterPAM from rows against kmedoids with its matrix", 1, 1),
    "kmedoids given": Bar("FasterPAM from rows against kmedoids, 1 core, on a matrix made beforehand", 1),
    "kmedoids given 2": Bar("FasterPAM from rows against kmedoids, 2 cores, on a matrix made beforehand", 1),
    "dbscan 2d": Bar("DBSCAN, 2D, against the dbscan package (a clock only)", 3),
    "dbscan 3d": Bar("DBSCAN, 3D, against the dbscan package (a clock only: inexact)", 2),
    "dbscan 5-8d": Bar("DBSCAN, 5D and 8D, against the dbscan package (a clock only: inexact)", 1.2),
    "dbscan sklearn 2-3d": Bar("DBSCAN, 2D and 3D, against scikit-learn", 25),
    "dbscan sklearn 5-8d": Bar("DBSCAN, 5D and 8D, against scikit-learn", 5),
    "hdbscan fast_hdbscan": Bar("HDBSCAN*, 100k, d = 2-5, against fast_hdbscan", 8, 5),
    "hdbscan hdbscan": Bar("HDBSCAN*, 100k, d = 2-5, against hdbscan", 8, 8),
    "hdbscan 8d": Bar("HDBSCAN*, 100k, d = 8, against fast_hdbscan and hdbscan", 5, 5),
    "mst": Bar("spanning tree, d = 2-8, against quitefastmst", 1.2, 0.9),
    "mst 30d": Bar("spanning tree, 50k × 30, against quitefastmst", 1, 1),
    "knn quitefastmst": Bar("10 nearest neighbours against quitefastmst", 1.2),
    "knn scikit-learn": Bar("10 nearest neighbours against scikit-learn's tree", 8),
    "optics": Bar("OPTICS, 10k × 2, against scikit-learn", 50, 50),
    "ward vector": Bar("Ward, 20k and 50k, against fastcluster's linkage_vector", 8, 8),
    "ward matrix": Bar("Ward, 20k and 50k, against fastcluster's matrix version", 20, 20),
    "ward scipy": Bar("Ward, 20k, against SciPy and scikit-learn", 40, 40),
    "average complete": Bar("average and complete linkage, 20k, against fastcluster", 5, 5),
    "single": Bar("single linkage, 50k, against linkage_vector", 8, 8),
}


@dataclasses.dataclass
class Peer:
    tool: str
    bar: str = ""  # of BARS; none: shown beside the others
    rounds: int = 99  # at most so many: no bar hangs on it
    per: str = "run"  # or "iteration", or "share": of the peer's rate
    argv: tuple = ()  # it is mores itself, told this


@dataclasses.dataclass
class Check:
    """What must hold between the outcomes of mores and of one peer.

    how: "equal" (|a − b| ≤ within · max(|a|, |b|)), "at most" (mores ≤ (1 + within) ·
    peer), "labels" (all but a share `within` of the rows together, one to one) or "ari"
    (adjusted Rand index ≥ 1 − within)."""

    peer: str
    field: str
    within: float
    how: str = "equal"


@dataclasses.dataclass
class Job:
    section: str
    task: str
    set: str
    k: int
    mores: list  # command line after the program's name
    peers: list
    settings: dict = dataclasses.field(default_factory=dict)
    checks: list = dataclasses.field(default_factory=list)
    minus: list = dataclasses.field(default_factory=list)  # its time is taken off
    metric: str = ""  # of mores eval
    start: bool = False  # NAME.init<k>.npy is read
    seeded: bool = False  # each round has a seed of its own
    limits: dict = dataclasses.field(default_factory=dict)  # what mores may take at most
    go: tuple = ()  # a benchmark of ours on the file (MORES_NPY, MORES_K, MORES_SEED) in place of the command
    timeout: float = 0  # in place of --timeout
    tag: str = ""

    @property
    def id(self):
        return "/".join(filter(None, [self.task, self.set, f"k={self.k}" if self.k else "", self.tag]))


def options(**kw):
    return [part for key, value in kw.items() for part in ("--set", f"{key}={value}")]


def several(v):
    return v if isinstance(v, list) else [v]


def file(name, spec):
    return str(make_data.path(name, spec))


def started(name, k):
    return ["--init", str(make_data.DATA / f"{name}.init{k}.npy")]


def kmeans(name, spec, p):
    for k in p["k"]:
        bar = "kmeans k<=10" if k <= 10 else "kmeans k 20-50" if k <= 50 else "kmeans k 200"
        section = "kmeans" + ("-1m" if spec["n"] > 300_000 else "") + ("-200" if k > 50 else "-50" if k > 20 else "")
        yield Job(
            section, "kmeans", name, k,
            ["cluster", "kmeans", "-i", file(name, spec), *started(name, k), *options(n_clusters=k, tol=0, max_iter=p["max_iter"])],
            [
                Peer("scikit-learn", bar),
                Peer("scikit-learn-intelex", "kmeans intelex"),
                Peer("faiss", "kmeans faiss", per="iteration"),
                Peer("scikit-learn elkan", rounds=1),
            ],
            {"max_iter": p["max_iter"]},
            [Check("scikit-learn", "labels", 0, "labels"), Check("scikit-learn", "n_iter", 0), Check("scikit-learn", "objective", 1e-9)],
            start=True,
        )  # fmt: skip


def passes(name, spec, p):
    """Ten passes of Lloyd's algorithm beside ten times reading the rows as float32."""
    one = ["cluster", "kmeans", "-i", file(name, spec), *started(name, p["k"]), *options(algorithm="lloyd", tol=0)]
    yield Job(
        "pass", "pass", name, p["k"], [*one, *options(max_iter=11)], [Peer("reading", "pass")],
        minus=[*one, *options(max_iter=1)], start=True,
    )  # fmt: skip


def seeding(name, spec, p):
    """The start alone, without the labels that every fit of ours ends with: a benchmark on
    the same file."""
    for k in p["k"]:
        yield Job(
            "seeding", "seeding", name, k, [], [Peer("scikit-learn", "seeding")], checks=[Check("scikit-learn", "objective", 0.1, "at most")],
            go=("./cluster", "BenchmarkSeedsOf/k-means++"), seeded=True,
        )  # fmt: skip


def minibatch(name, spec, p):
    for k in p["k"]:
        o = {key: p[key] for key in ("batch_size", "max_iter")}
        yield Job(
            "minibatch", "minibatch", name, k,
            ["cluster", "minibatch_kmeans", "-i", file(name, spec), *started(name, k), *options(n_clusters=k, **o)],
            [Peer("scikit-learn", "minibatch")], o, [Check("scikit-learn", "objective", 0.01, "at most")], start=True, seeded=True,
        )  # fmt: skip


def quality(name, spec, p):
    yield Job(
        "quality", "quality", name, p["k"],
        ["cluster", "breathing_kmeans", "-i", file(name, spec), *options(n_clusters=p["k"])],
        [Peer("scikit-learn best of 10", "quality")],
        checks=[Check("scikit-learn best of 10", "objective", 0, "at most")], seeded=True,
    )  # fmt: skip


def gmm(name, spec, p):
    for k in p["k"]:
        yield Job(
            "gmm", "gmm", name, k,
            ["cluster", "gmm", "-i", file(name, spec), *started(name, k), *options(n_clusters=k, covariance_type="full", tol=0, max_iter=p["max_iter"], reg_covar=1e-6)],
            [Peer("scikit-learn", "gmm" if (k, spec["d"]) == (8, 8) else "")], {"max_iter": p["max_iter"], "seed": SEED},
            [Check("scikit-learn", "objective", 1e-8), Check("scikit-learn", "labels", 1e-5, "labels")], start=True,
        )  # fmt: skip


def score(section, name, spec, k, metric, peers, within):
    labels = str(make_data.DATA / f"{name}.labels.npy")
    return Job(
        section, metric, name, k, ["eval", "-i", file(name, spec), "--labels", labels, "--metrics", metric], peers,
        {"labels": labels}, [Check(q.tool, "value", within) for q in peers], metric=metric,
    )  # fmt: skip


def silhouette(name, spec, p):
    small = spec["n"] <= 20_000
    peers = [Peer("scikit-learn", "silhouette" if small else "", rounds=5 if small else 1)]
    if small:
        peers.append(Peer("scikit-learn n_jobs=2", rounds=1))
    yield score("silhouette", name, spec, p["k"], "silhouette", peers, 1e-12)


def indices(name, spec, p):
    for metric in ("davies_bouldin", "calinski_harabasz"):
        yield score("indices", name, spec, p["k"], metric, [Peer("scikit-learn", metric)], 1e-10)


def pca(name, spec, p):
    """No command fits a PCA alone: our own benchmark on the same file stands for it."""
    yield Job(
        "pca", "pca", name, 0, [], [Peer("scikit-learn full", "pca full"), Peer("scikit-learn covariance", "pca covariance")],
        dict(p), go=("./features", f"BenchmarkPCA/{name}.npy"),
    )  # fmt: skip


def kmedoids(name, spec, p):
    k = p["k"]
    start = "[" + ",".join(map(str, range(k))) + "]"
    yield Job(
        "medoids", "kmedoids", name, k,
        ["cluster", "kmedoids", "-i", file(name, spec), *options(n_clusters=k, init_medoids=start, max_iter=300)],
        [Peer("kmedoids with matrix", "kmedoids rows"), Peer("kmedoids", "kmedoids given"), Peer("kmedoids 2 cores", "kmedoids given 2")],
        checks=[Check("kmedoids", "objective", 1e-9), Check("kmedoids", "labels", 0, "labels")], seeded=True,
    )  # fmt: skip


def onebatch(name, spec, p):
    k = p["k"]
    told = ["cluster", "kmedoids", "-i", file(name, spec), *options(n_clusters=k)]
    full = Peer("mores fasterpam", rounds=1, argv=(*told, *options(method="fasterpam")))
    small = spec["n"] <= 10_000
    yield Job(
        "medoids", "onebatch", name, k, [*told, *options(method="onebatch")], [full] if small else [],
        checks=[Check(full.tool, "objective", 0.02, "at most")], limits={} if small else {"seconds": 2.0}, seeded=True,
    )  # fmt: skip


def stream(name, spec, p):
    """One pass in bounded memory. Beside it k-means with everything in memory: of several
    starts, and as good as we can, since several starts may end in a poor optimum."""
    k, f = p["k"], file(name, spec)
    told = ["cluster", "betula", "-i", f, *options(n_clusters=k), "--max-mem", "512MiB"]
    several = Peer("mores kmeans", rounds=1, argv=("cluster", "kmeans", "-i", f, *options(n_clusters=k, n_init=5)))
    best = Peer("mores breathing_kmeans", rounds=1, argv=("cluster", "breathing_kmeans", "-i", f, *options(n_clusters=k, n_init=1)))
    huge = spec["n"] > 10_000_000
    yield Job(
        "betula-huge" if huge else "betula", "stream", name, k, told, [] if huge else [several, best, Peer("scikit-learn", rounds=1)], {"seed": SEED},
        [Check(q.tool, "objective", 0.01, "at most") for q in (several, best)],
        limits={"rss_mb": 768.0, "bytes_read / input_bytes": 1.05}, timeout=900,
    )  # fmt: skip


def columns(spec):
    return spec.get("d", 3 if spec["generator"] == "blobs3d" else 2)


def dbscan(name, spec, p):
    o = {key: p[key] for key in ("eps", "min_samples")}
    d = columns(spec)
    group = "2d" if d == 2 else "3d" if d == 3 else "5-8d"
    exact = Peer("scikit-learn", "dbscan sklearn " + ("2-3d" if d <= 3 else "5-8d"))
    # At 1M in 5D scikit-learn's neighbour lists do not fit.
    peers = [Peer("dbscan", "dbscan " + group)] + ([exact] if name != "ssvarden5_1m" else [])
    yield Job(
        "dbscan", "dbscan", name, 0, ["cluster", "dbscan", "-i", file(name, spec), *options(**o)],
        peers if p.get("peers") != "none" else [], o,
        [Check("scikit-learn", f, 0) for f in ("n_clusters", "n_noise")] + [Check("scikit-learn", "labels", 0, "labels")],
        limits=p.get("limits", {}),
    )  # fmt: skip


def hdbscan(name, spec, p):
    """min_samples counts the row itself, as in scikit-learn; peer.py translates."""
    o, d, n = {key: p[key] for key in ("min_cluster_size", "min_samples")}, columns(spec), spec["n"]
    bars = ("hdbscan 8d",) * 3 if d > 5 else ("hdbscan fast_hdbscan", "hdbscan hdbscan", "hdbscan hdbscan")
    tools = ("fast_hdbscan", "hdbscan", "hdbscan 1 core")  # its processes take two seconds to start: either may be the faster
    peers = [Peer(tool, bar if n == 100_000 else "", rounds=3 if n <= 100_000 else 1) for tool, bar in zip(tools, bars, strict=True)]
    yield Job(
        "hdbscan-1m" if n > 100_000 else "hdbscan", "hdbscan", name, 0, ["cluster", "hdbscan", "-i", file(name, spec), *options(**o)],
        peers[:1] if n > 100_000 else peers, o, [Check("hdbscan", "ari", 0.001, "ari")] if n <= 100_000 else [], timeout=400,
    )  # fmt: skip


def mst(name, spec, p):
    """The tree alone, with what it needs (index, core distances): a benchmark on the same file."""
    bar = "mst" if columns(spec) <= 8 else "mst 30d"
    for m in p["min_samples"]:
        yield Job(
            "mst", "mst", name, 0, [], [Peer("quitefastmst", bar)], {"min_samples": m}, [Check("quitefastmst", "weight", 1e-12)],
            go=("./internal/near", "BenchmarkMST"), tag=f"M={m}",
        )  # fmt: skip


def knn(name, spec, p):
    k = p["n_neighbors"]
    yield Job(
        "knn", "knn", name, k, [], [Peer("quitefastmst", "knn quitefastmst"), Peer("scikit-learn", "knn scikit-learn", rounds=3)],
        checks=[Check("quitefastmst", "weight", 1e-12)], go=("./internal/near", "BenchmarkKNN/all"),
    )  # fmt: skip


def optics(name, spec, p):
    yield Job(
        "optics", "optics", name, 0, ["cluster", "optics", "-i", file(name, spec), *options(min_samples=p["min_samples"])],
        [Peer("scikit-learn", "optics", rounds=3)], dict(p), [Check("scikit-learn", "labels", 0, "labels")],
    )  # fmt: skip


def linkage(name, spec, p):
    n = spec["n"]
    for method in p["method"]:
        peers = []
        if p.get("peers") != "none":
            if method in ("ward", "single"):
                bar = "ward vector" if method == "ward" and n >= 20_000 else "single" if method == "single" and n >= 50_000 else ""
                peers.append(Peer("fastcluster linkage_vector", bar))
            if n <= 20_000 or method == "ward":
                bar = "" if n < 20_000 else "ward matrix" if method == "ward" else "average complete" if method in ("average", "complete") else ""
                peers.append(Peer("fastcluster", bar))
            if n <= 20_000:
                peers.append(Peer("scipy", "ward scipy" if method == "ward" and n == 20_000 else "", rounds=3))
            if n == 20_000 and method == "ward":
                peers.append(Peer("scikit-learn", "ward scipy", rounds=3))
        yield Job(
            "linkage-50k" if n >= 50_000 else "linkage", "linkage", name, p["k"],
            ["cluster", "hierarchical", "-i", file(name, spec), *options(n_clusters=p["k"], linkage=method)],
            peers, {"method": method},
            [c for q in peers if q.tool != "scikit-learn" for c in (Check(q.tool, "heights", 1e-9), Check(q.tool, "labels", 0, "labels"))],
            limits=p.get("limits", {}), timeout=400, tag=method,
        )  # fmt: skip


TASKS = {f.__name__: f for f in (kmeans, passes, seeding, minibatch, quality, gmm, silhouette, indices, pca, kmedoids, onebatch, stream, dbscan, hdbscan, mst, knn, optics, linkage)}


def kernels():
    """The screen of k-means at one core, beside the processor's peak in the same run."""
    for d, k in ((8, 8), (8, 50), (8, 200), (16, 50), (16, 200), (32, 50), (32, 200)):
        bar = f"kernel k {k}" if d > 8 and k > 8 else ""
        yield Job("kernel", "kernel", f"d={d}", k, [], [Peer("FMA peak", bar, per="share")])


def jobs():
    found = [*kernels()] + [j for name, spec in make_data.sets().items() for task, f in TASKS.items() if task in spec for j in f(name, spec, spec[task])]
    last = ("linkage-50k", "hdbscan-1m", "betula-huge")  # what is long
    order = list(dict.fromkeys(j.section for j in found))
    return sorted(found, key=lambda j: (j.section in last, order.index(j.section)))
