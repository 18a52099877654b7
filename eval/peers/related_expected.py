#!/usr/bin/env python3
"""Expected values of co-purchase statistics and taste embeddings, from mlxtend,
SciPy and NumPy.

    python3 related_expected.py > ../../features/testdata/related.json

The baskets are those of mlxtend's user guide and a rule that both sides compute, so
that nothing depends on a random generator.
"""
import json

import mlxtend
import numpy as np
import pandas as pd
import scipy
import scipy.stats
from mlxtend.frequent_patterns import apriori, association_rules
from mlxtend.preprocessing import TransactionEncoder
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

GUIDE = [
    ["Milk", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"],
    ["Dill", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"],
    ["Milk", "Apple", "Kidney Beans", "Eggs"],
    ["Milk", "Unicorn", "Corn", "Kidney Beans", "Yogurt"],
    ["Corn", "Onion", "Onion", "Kidney Beans", "Ice cream", "Eggs"],
]


def ruled(customers=240, items=18):
    """Customer c has item i if a mixture of remainders says so: three tastes."""
    out = []
    for c in range(customers):
        basket = []
        for i in range(items):
            x = (c * 7919 + i * 104729 + c * i * 31) % 1009
            near = i % 3 == c % 3
            if x < (600 if near else 130) - 3 * i:
                basket.append(f"i{i:02d}")
        out.append(basket or [f"i{c % items:02d}"])
    return out


def rules(baskets, min_support):
    enc = TransactionEncoder()
    frame = pd.DataFrame(enc.fit(baskets).transform(baskets), columns=enc.columns_)
    found = association_rules(apriori(frame, min_support=min_support, use_colnames=True, max_len=2), metric="support", min_threshold=min_support)
    out = {}
    # Of a pair mlxtend gives the two rules in the order of a set, another in each run.
    pairs = sorted(((*r["antecedents"], *r["consequents"], r) for _, r in found.iterrows()), key=lambda p: p[:2])
    for a, b, r in pairs:
        x = frame[a].to_numpy()
        y = frame[b].to_numpy()
        t = np.array([[np.sum(x & y), np.sum(x & ~y)], [np.sum(~x & y), np.sum(~x & ~y)]])
        both = t[0, 0]
        g2 = None
        if (t.sum(axis=0) > 0).all() and (t.sum(axis=1) > 0).all():
            g2 = float(scipy.stats.chi2_contingency(t, correction=False, lambda_="log-likelihood").statistic)
        out[f"{a}|{b}"] = {
            "count": int(both), "support": float(r["support"]), "confidence": float(r["confidence"]), "lift": float(r["lift"]),
            "leverage": float(r["leverage"]), "jaccard": float(r["jaccard"]),
            "conviction": None if np.isinf(r["conviction"]) else float(r["conviction"]),
            "g2": g2, "p": float(scipy.stats.fisher_exact(t, alternative="greater").pvalue),
        }
    return out


def tastes(baskets, least_items, least_pairs, dim):
    """Truncated SVD of the positive PMI of co-occurrence over customers."""
    names = sorted({i for b in baskets for i in b})
    at = {n: k for k, n in enumerate(names)}
    x = np.zeros((len(baskets), len(names)))
    for c, b in enumerate(baskets):
        for i in b:
            x[c, at[i]] = 1
    n = x.sum(axis=0)
    keep = n >= least_items
    x, n, names = x[:, keep], n[keep], [m for m, k in zip(names, keep) if k]
    both = x.T @ x
    with np.errstate(divide="ignore"):
        pmi = np.log(both * len(baskets) / np.outer(n, n))
    pmi[both < least_pairs] = 0
    pmi = np.maximum(pmi, 0)
    np.fill_diagonal(pmi, 0)
    u, s, _ = svds(csr_matrix(pmi), k=dim, tol=1e-14, v0=np.ones(len(names)), return_singular_vectors="u")
    order = np.argsort(-s)
    u, s = u[:, order], s[order]
    for k in range(dim):
        if u[np.argmax(np.abs(u[:, k])), k] < 0:
            u[:, k] = -u[:, k]
    vectors = u * np.sqrt(s)
    # The first customers' means of their items' vectors, drawn in by 5 items.
    mean = (n[:, None] * vectors).sum(axis=0) / n.sum()
    rows = [((x[c] @ vectors) + 5 * mean) / (x[c].sum() + 5) for c in range(6)]
    return {"singular": s.tolist(), "items": names, "vectors": vectors.tolist(), "rows": [r.tolist() for r in rows]}


def fisher():
    cases = [(50, 20, 20, 12), (1000, 30, 40, 5), (4000, 900, 700, 250), (4000, 900, 700, 100), (30, 25, 20, 15), (200000, 300, 900, 9)]
    out = []
    for n, a, b, ab in cases:
        t = [[ab, a - ab], [b - ab, n - a - b + ab]]
        out.append([n, a, b, ab, float(scipy.stats.fisher_exact(t, alternative="greater").pvalue),
                    float(scipy.stats.chi2_contingency(t, correction=False, lambda_="log-likelihood").statistic)])
    return out


def main():
    print(json.dumps({
        "versions": {"mlxtend": mlxtend.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
        "guide": rules(GUIDE, 0.4),
        "ruled": rules(ruled(), 5 / 240),
        "fisher": fisher(),
        "tastes": tastes(ruled(), 5, 5, 3),
    }))


if __name__ == "__main__":
    main()
