"""Tables too large for memory: Gaussian groups, float64, as Parquet (or npy).

    python eval/peers/rows.py N D K SEED FILE.parquet [SPREAD]     # needs pyarrow
    python eval/peers/rows.py N D K SEED FILE.npy [SPREAD]

K groups with centres uniform in [-SPREAD, SPREAD]^D (10 if not given; at 3 and less the
groups run into each other), weights Dirichlet(5), and the covariance
Q diag(s²) Qᵀ, Q a random rotation and s uniform in [1, 3]. Rows come in an order that
says nothing about the groups, in blocks of 122,880 (a row group of the file), each from
a stream of its own: the first N rows of a longer table are the table of N rows. Columns
are c0, c1, …; without compression, since such numbers do not compress.
"""

import sys

import numpy as np

BLOCK = 122_880


def groups(d, k, seed, spread):
    r = np.random.Generator(np.random.PCG64([seed, 0]))
    centre = r.uniform(-spread, spread, (k, d))
    weight = r.dirichlet(np.full(k, 5.0))
    shape = [np.linalg.qr(r.standard_normal((d, d)))[0] * r.uniform(1, 3, d) for _ in range(k)]
    return centre, weight, shape


def blocks(n, d, k, seed, spread=10.0):
    """Yield (rows, group numbers), block by block."""
    centre, weight, shape = groups(d, k, seed, spread)
    for b, lo in enumerate(range(0, n, BLOCK)):
        r = np.random.Generator(np.random.PCG64([seed, 1, b]))
        group = r.choice(k, BLOCK, p=weight)
        x = r.standard_normal((BLOCK, d))
        for g in range(k):
            at = group == g
            x[at] = centre[g] + x[at] @ shape[g].T
        m = min(BLOCK, n - lo)
        yield x[:m], group[:m]


def write_parquet(path, *shape):
    import pyarrow as pa
    import pyarrow.parquet as pq

    d = shape[1]
    names = [f"c{j}" for j in range(d)]
    schema = pa.schema([(name, pa.float64()) for name in names])
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as w:
        for x, _ in blocks(*shape):
            w.write_table(pa.table([np.ascontiguousarray(x[:, j]) for j in range(d)], schema=schema), row_group_size=BLOCK)


def write_npy(path, *shape):
    n, d = shape[:2]
    out = np.lib.format.open_memmap(path, mode="w+", dtype="<f8", shape=(n, d))
    lo = 0
    for x, _ in blocks(*shape):
        out[lo : lo + len(x)] = x
        lo += len(x)
    out.flush()


if __name__ == "__main__":
    path = sys.argv[5]
    shape = [int(v) for v in sys.argv[1:5]] + [float(v) for v in sys.argv[6:7]]
    (write_npy if path.endswith(".npy") else write_parquet)(path, *shape)
