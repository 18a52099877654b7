"""Expected values of the metrics, from scikit-learn and genieclust (Dunn's family,
pair sets index, normalised clustering accuracy), and of what they lack and of the profile
from NumPy.

    python eval/peers/metrics_expected.py > eval/testdata/metrics.json

Data and labels are in the file too, so the Go test reads what was scored here.
Printed with scikit-learn's version; floats as repr, which is exact.
"""

import json
import sys

import genieclust
import numpy as np
import sklearn
from scipy.spatial.distance import pdist, squareform
from scipy.stats import norm
from sklearn import metrics as m


def simplified_silhouette(x, labels):
    groups = np.unique(labels)
    s = []
    for i, row in enumerate(x):
        to = {g: np.linalg.norm(row - x[labels == g].mean(0)) for g in groups}
        a = to.pop(labels[i])
        b = min(to.values())
        s.append((b - a) / max(a, b) if (labels == labels[i]).sum() > 1 else 0)
    return np.mean(s)


def by_definition(x, labels):
    """Indices that no package here computes, pair by pair."""
    groups = [x[labels == g] for g in np.unique(labels)]
    means = np.array([g.mean(0) for g in groups])
    gaps = pdist(means)
    own = [np.linalg.norm(g - c, axis=1) for g, c in zip(groups, means, strict=True)]
    d = np.sort(pdist(x))
    inside = np.concatenate([pdist(g) for g in groups])
    n = len(inside)
    few, many = d[:n].sum(), d[len(d) - n :].sum()
    return {
        "simplified_silhouette": simplified_silhouette(x, labels),
        "xie_beni": np.concatenate(own).__pow__(2).mean() / gaps.min() ** 2,
        "pbm": (np.linalg.norm(x - x.mean(0), axis=1).sum() / np.concatenate(own).sum() * gaps.max() / len(groups)) ** 2,
        "c_index": (inside.sum() - few) / (many - few),
    }


def dunn_family(x, labels):
    """genieclust's, but for two of Bezdek and Pal's parts that it defines otherwise: its
    second diameter divides by twice the number of pairs, its fifth separation takes the
    distances to the own mean."""
    _, y = np.unique(labels, return_inverse=True)
    k, out = y.max() + 1, {}
    means = np.array([x[y == g].mean(0) for g in range(k)])
    to = np.array([np.linalg.norm(x[y == g][:, None] - means, axis=2).sum(0) for g in range(k)])
    size = np.bincount(y)
    fifth = (to + to.T)[np.triu_indices(k, 1)] / (size[:, None] + size)[np.triu_indices(k, 1)]
    if size.min() == 1:
        return {"dunn": genieclust.cluster_validity.generalised_dunn_index(x, y, 1, 1)}
    for b in (1, 2, 3):
        for a in (1, 2, 3, 4):
            out[f"dunn {a}/{b}"] = genieclust.cluster_validity.generalised_dunn_index(x, y, a, b) / (2 if b == 2 else 1)
        widest = pdist(means).min() / out[f"dunn 4/{b}"]
        out[f"dunn 5/{b}"] = fifth.min() / widest
    return out | {"dunn": out["dunn 1/1"]}


def by_neighbours(x, labels):
    """With few neighbours, since each group needs more rows than that; none where the last
    neighbour is a matter of taste."""
    _, y = np.unique(labels, return_inverse=True)
    v, out = genieclust.cluster_validity, {}
    for m in (5, 10):
        d = np.sort(squareform(pdist(x)), axis=1)
        if np.bincount(y).min() > m and (d[:, m] < d[:, m + 1]).all():
            out[f"wcnn {m}"] = v.wcnn_index(x, y, m)
            out[f"dunnowa {m}"] = v.dunnowa_index(x, y, m, "SMin:5", "Const")
    return out


def internal(x, labels):
    return by_definition(x, labels) | dunn_family(x, labels) | by_neighbours(x, labels) | {
        "silhouette": m.silhouette_score(x, labels),
        "squared_silhouette": m.silhouette_score(x, labels, metric="sqeuclidean"),
        "calinski_harabasz": m.calinski_harabasz_score(x, labels),
        "davies_bouldin": m.davies_bouldin_score(x, labels),
    }


def b_cubed(truth, labels):
    """By its definition, row by row."""
    a, b = truth[:, None] == truth, labels[:, None] == labels
    p, r = ((a & b).sum(1) / b.sum(1)).mean(), ((a & b).sum(1) / a.sum(1)).mean()
    return 2 * p * r / (p + r)


def external(truth, labels):
    table = m.cluster.contingency_matrix(truth, labels)
    square = table.shape[0] == table.shape[1] > 1
    alone = lambda l: m.mutual_info_score(l, l)
    return {
        "variation_of_information": alone(truth) + alone(labels) - 2 * m.mutual_info_score(truth, labels),
        "b_cubed": b_cubed(truth, labels),
        "pair_sets_index": genieclust.compare_partitions.pair_sets_index(table) if min(table.shape) > 1 else 0,  # all is chance
    } | ({"normalized_clustering_accuracy": genieclust.compare_partitions.normalized_clustering_accuracy(table)} if square else {}) | {
        "adjusted_rand": m.adjusted_rand_score(truth, labels),
        "adjusted_mutual_info": m.adjusted_mutual_info_score(truth, labels),
        "normalized_mutual_info": m.normalized_mutual_info_score(truth, labels),
        "homogeneity": m.homogeneity_score(truth, labels),
        "completeness": m.completeness_score(truth, labels),
        "v_measure": m.v_measure_score(truth, labels),
        "fowlkes_mallows": m.fowlkes_mallows_score(truth, labels),
    }


def noise_as(x, labels, policy):
    """What each noise policy hands to scikit-learn."""
    x, labels = np.asarray(x), np.array(labels)
    noise = labels < 0
    if policy == "exclude":
        return x[~noise], labels[~noise]
    if policy == "singletons":
        labels[noise] = labels.max() + 1 + np.arange(noise.sum())
    else:
        labels[noise] = labels.max() + 1
    return x, labels


def profile(x, labels):
    """One column: mean, sd, median, quartiles, z, and the standardised mean
    difference against everyone else with its 95 % interval (Hedges and Olkin's
    variance)."""
    out = []
    for g in range(labels.max() + 1):
        a, b = x[labels == g], x[labels != g]
        smd = (a.mean() - b.mean()) / np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
        n, m = len(a), len(b)
        half = norm.ppf(0.975) * np.sqrt((n + m) / (n * m) + smd**2 / (2 * (n + m)))
        q25, q50, q75 = np.quantile(a, [0.25, 0.5, 0.75])
        out.append([a.mean(), a.std(ddof=1), q50, q25, q75, (a.mean() - x.mean()) / x.std(ddof=1),
                    smd, smd - half, smd + half])
    return out


def main():
    rng = np.random.default_rng(20)
    out = {"sklearn": sklearn.__version__, "genieclust": genieclust.__version__, "internal": [], "external": []}

    for name, n, d, k, spread, singletons, noise in [
        ("blobs", 120, 2, 3, 1.0, 0, 0),
        ("one feature", 60, 1, 4, 0.7, 0, 0),
        ("overlap", 150, 3, 5, 4.0, 0, 0),
        ("singletons", 90, 4, 4, 1.5, 2, 0),
        ("noise", 140, 5, 3, 1.2, 1, 17),
        ("wide", 80, 11, 6, 2.0, 0, 9),
    ]:
        centres = rng.normal(0, 4, (k, d))
        labels = rng.integers(0, k, n)
        # Multiples of 1/64: scikit-learn's ‖x‖² − 2x·y + ‖y‖² is then exact, and a
        # row is at distance 0 from itself (else 1e-8, which davies_bouldin shows).
        x = np.round(64 * (centres[labels] + rng.normal(0, spread, (n, d)))) / 64
        for s in range(singletons):
            labels[s] = k + s
        if noise:
            labels[rng.choice(np.arange(singletons, n), noise, replace=False)] = -1
        values = {}
        for policy in ["exclude", "singletons", "one_cluster"]:
            values[policy] = internal(*noise_as(x, labels, policy))
        per_row = m.silhouette_samples(*noise_as(x, labels, "one_cluster"))
        out["internal"].append({"name": name, "x": x.tolist(), "labels": labels.tolist(),
                                "values": values, "per_row": per_row.tolist()})

    def pair(name, truth, labels):
        truth, labels = np.asarray(truth), np.asarray(labels)
        keep = truth >= 0
        seen = np.where(labels < 0, labels.max() + 1, labels)
        out["external"].append({"name": name, "truth": truth.tolist(), "labels": labels.tolist(),
                                "values": external(truth[keep], seen[keep])})

    a = rng.integers(0, 4, 200)
    b = np.where(rng.random(200) < 0.7, a, rng.integers(0, 6, 200))
    pair("related", a, b)
    pair("independent", rng.integers(0, 5, 150), rng.integers(0, 7, 150))
    pair("noise in both", np.where(rng.random(200) < 0.1, -1, a), np.where(rng.random(200) < 0.15, -1, b))
    pair("unbalanced", np.r_[np.zeros(170, int), np.arange(1, 31)], np.r_[np.zeros(150, int), np.ones(50, int)])
    pair("the documentation's", [0, 0, 1, 1, 2, 2], [0, 0, 1, 2, 2, 2])
    pair("discordant", [0, 0, 1, 1], [0, 1, 0, 1])
    pair("one class", [0, 0, 0, 0, 0], [0, 1, 1, 2, 2])
    pair("one cluster", [0, 1, 1, 2, 2], [0, 0, 0, 0, 0])
    pair("many clusters", rng.integers(0, 3, 120), rng.permutation(np.arange(120) // 2))
    pair("renamed", [2, 2, 0, 0, 1], [0, 0, 1, 1, 2])
    own = np.random.default_rng(21)
    for k in (2, 3, 5, 12):
        c = own.integers(0, k, 40 * k)
        pair(f"as many clusters, {k}", c, np.where(own.random(40 * k) < 0.6, (c + 1) % k, own.integers(0, k, 40 * k)))

    x = np.round(rng.lognormal(1, 1, 97), 3)
    labels = rng.integers(-1, 3, 97)
    out["profile"] = {"x": x.tolist(), "labels": labels.tolist(), "cells": profile(x, labels)}

    json.dump(out, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
