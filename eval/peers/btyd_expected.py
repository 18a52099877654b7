#!/usr/bin/env python3
"""Expected values of buy-till-you-die models, trends and survival curves.

    python3 btyd_expected.py > ../../features/testdata/btyd.json

Two sorts: what lifetimes, statsmodels, SciPy and pymannkendall print (their versions
are in the output), and the models' mixtures integrated by brute force with SciPy's
quadrature, straight from the stories of the models and from none of their closed forms.
"""
import json
import math
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
import pymannkendall
import scipy.stats
from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter
from lifetimes.utils import _customer_lifetime_value
from scipy.integrate import dblquad, quad
from statsmodels.duration.survfunc import SurvfuncRight

warnings.simplefilter("ignore")

# (x, t_x, T), and the horizon.
CUSTOMERS = [(0, 0, 12.0), (1, 2.5, 12.0), (3, 11.0, 12.0), (5, 6.0, 20.0)]
T = 15.0


def lifetimes():
    x, tx, t = (np.array(c, dtype=float) for c in zip(*CUSTOMERS))
    models = {
        "bgnbd": (BetaGeoFitter(), dict(r=0.243, alpha=4.414, a=0.793, b=2.426)),
        "mbgnbd": (ModifiedBetaGeoFitter(), dict(r=0.525, alpha=6.183, a=0.891, b=1.614)),
        "pareto": (ParetoNBDFitter(), dict(r=0.553, alpha=10.578, s=0.606, beta=11.669)),
    }
    out = {}
    for name, (f, p) in models.items():
        f.params_ = pd.Series(p)
        f.data = None
        e = f.conditional_expected_number_of_purchases_up_to_time(T, x, tx, t)
        alive = f.conditional_probability_alive(x, tx, t)
        out[name] = {
            "params": list(p.values()), "expected": [float(v) for v in np.atleast_1d(e)],
            "alive": [float(v) for v in np.atleast_1d(alive)],
            "unconditional": [float(f.expected_number_of_purchases_up_to_time(v)) for v in (0.5, 4, 39, 156)],
        }
        if name == "bgnbd":
            f.predict = f.conditional_expected_number_of_purchases_up_to_time
            clv = _customer_lifetime_value(f, pd.Series(x), pd.Series(tx), pd.Series(t), pd.Series([10.0, 20, 30, 40]),
                                           time=4, discount_rate=0.02, freq="M")
            out[name]["clv"] = [float(v) for v in clv]
    g = GammaGammaFitter()
    g.params_ = pd.Series(dict(p=6.25, q=3.74, v=15.44))
    out["gamma_gamma"] = [float(v) for v in g.conditional_expected_average_profit(np.array([0, 1, 4]), np.array([0, 20.0, 60.0]))]
    return out


def gamma_pdf(x, shape, rate):
    return math.exp(shape * math.log(rate) + (shape - 1) * math.log(x) - rate * x - math.lgamma(shape))


def beta_pdf(p, a, b):
    return math.exp((a - 1) * math.log(p) + (b - 1) * math.log1p(-p) - (math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)))


def over(f, shape, rate):
    """E over lambda ~ Gamma of f(lambda), on a log scale."""
    lo, hi = math.log(1e-9), math.log(60 / rate * max(shape, 1))
    return quad(lambda u: f(math.exp(u)) * gamma_pdf(math.exp(u), shape, rate) * math.exp(u), lo, hi, epsabs=0, epsrel=1e-11, limit=400)[0]


def erlang_pdf(g, k, rate):
    return rate**k * g**(k - 1) * math.exp(-rate * g) / math.factorial(k - 1)


def erlang_tail(g, k, rate):
    return sum((rate * g)**j / math.factorial(j) for j in range(k)) * math.exp(-rate * g)


def beta_geometric(k, at_zero, r, alpha, a, b, gaps, age):
    """Likelihood and P(alive) of purchases with these gaps, by integration."""
    x, silence = len(gaps), age - sum(gaps)
    coins = x + (1 if at_zero else 0)

    def given(lam):
        d = 1.0
        for g in gaps:
            d *= erlang_pdf(g, k, lam)
        return d

    stay = quad(lambda p: (1 - p)**coins * beta_pdf(p, a, b), 0, 1, epsabs=0, epsrel=1e-12)[0]
    leave = quad(lambda p: p * (1 - p)**(coins - 1) * beta_pdf(p, a, b), 0, 1, epsabs=0, epsrel=1e-12)[0] if coins else 0.0
    alive = stay * over(lambda l: given(l) * erlang_tail(silence, k, l), r, alpha)
    gone = leave * over(given, r, alpha)
    return math.log(alive + gone), alive / (alive + gone)


def conditional(at_zero, r, alpha, a, b, gaps, age, t):
    """E[X(T, T+t)] for k = 1 by integrating over rate and dropout chance: a customer
    who is there buys a number of times whose mean is (1 - exp(-lambda p t))/p."""
    x = len(gaps)
    coins = x + (1 if at_zero else 0)

    def part(f):
        return dblquad(lambda p, u: f(math.exp(u), p) * math.exp(u)**x * gamma_pdf(math.exp(u), r, alpha) * math.exp(u) * beta_pdf(p, a, b),
                       math.log(1e-7), math.log(60 / alpha * max(r, 1)), 0, 1, epsabs=0, epsrel=1e-9)[0]

    alive = part(lambda l, p: (1 - p)**coins * math.exp(-l * age))
    gone = part(lambda l, p: p * (1 - p)**(coins - 1) * math.exp(-l * sum(gaps))) if coins else 0.0
    value = part(lambda l, p: (1 - p)**coins * math.exp(-l * age) * -math.expm1(-l * p * t) / p)
    rate = part(lambda l, p: l * (1 - p)**coins * math.exp(-l * age)) + (part(lambda l, p: l * p * (1 - p)**(coins - 1) * math.exp(-l * sum(gaps))) if coins else 0.0)
    return value / (alive + gone), rate / (alive + gone)


def pareto(r, alpha, s, beta, x, tx, age):
    """Likelihood, P(alive) and posterior rate by integrating over both rates."""
    def part(extra):
        alive = over(lambda l: l**(x + extra) * math.exp(-l * age), r, alpha) * over(lambda m: math.exp(-m * age), s, beta)
        gone = quad(lambda y: over(lambda l: l**(x + extra) * math.exp(-l * y), r, alpha) * over(lambda m: m * math.exp(-m * y), s, beta),
                    tx, age, epsabs=0, epsrel=1e-9)[0]
        return alive, gone
    alive, gone = part(0)
    a1, g1 = part(1)
    return math.log(alive + gone), alive / (alive + gone), (a1 + g1) / (alive + gone)


def gamma_gamma(p, q, gamma, x, z):
    """Density of the mean of x gamma amounts whose rate is gamma, by integration."""
    return math.log(over(lambda nu: gamma_pdf(z, p * x, nu * x), q, gamma))


def brute():
    out = {"beta_geometric": [], "conditional": [], "pareto": [], "gamma_gamma": []}
    gaps = [[], [2.5], [4.0, 1.5, 5.5], [1.0, 1.25, 0.75, 2.0, 1.0]]
    for k, at_zero in ((1, False), (1, True), (2, True), (3, False)):
        for g in gaps:
            par = (1.4, 5.0, 1.3, 2.2)
            ll, alive = beta_geometric(k, at_zero, *par, g, 14.0)
            out["beta_geometric"].append({"k": k, "at_zero": at_zero, "params": par, "gaps": g, "age": 14.0, "ll": ll, "alive": alive})
            if k == 1:
                e, rate = conditional(at_zero, *par, g, 14.0, T)
                out["conditional"].append({"at_zero": at_zero, "params": par, "gaps": g, "age": 14.0, "t": T, "expected": e, "rate": rate})
    for x, tx in ((0, 0.0), (2, 3.0), (6, 13.0)):
        par = (1.2, 6.0, 1.5, 9.0)
        ll, alive, rate = pareto(*par, x, tx, 14.0)
        out["pareto"].append({"params": par, "x": x, "tx": tx, "age": 14.0, "ll": ll, "alive": alive, "rate": rate})
    for x, z in ((1, 20.0), (4, 55.0)):
        out["gamma_gamma"].append({"params": (2.5, 3.0, 15.0), "x": x, "z": z, "ll": gamma_gamma(2.5, 3.0, 15.0, x, z)})
    return out


# Two series written out: one with ties, one that is autocorrelated.
TIES = [5, 3, 3, 0, 0, 4, 2, 0, 1, 1, 0, 2]
WAVE = [round(10 + 0.3 * i + 4 * math.sin(i / 3), 3) for i in range(24)]


def trends():
    out = {}
    for name, y in (("ties", TIES), ("wave", WAVE)):
        x = list(range(len(y)))
        ts = scipy.stats.theilslopes(y, x, 0.95)
        mk, hr = pymannkendall.original_test(y), pymannkendall.hamed_rao_modification_test(y)
        out[name] = {
            "y": y, "slope": float(ts[0]), "intercept": float(ts[1]), "lo": float(ts[2]), "hi": float(ts[3]),
            "s": float(mk.s), "var": float(mk.var_s), "z": float(mk.z), "p": float(mk.p),
            "hr_var": float(hr.var_s), "hr_z": float(hr.z),
        }
    return out


def survival():
    time = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161]
    event = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]
    s = SurvfuncRight(np.array(time), np.array(event))
    return {"time": time, "event": event, "times": [float(v) for v in s.surv_times],
            "s": [float(v) for v in s.surv_prob], "se": [float(v) for v in s.surv_prob_se], "n": [int(v) for v in s.n_risk]}


if __name__ == "__main__":
    versions = {p: version(p) for p in ("lifetimes", "numpy", "scipy", "statsmodels", "pymannkendall")}
    print(json.dumps({"versions": versions, "customers": CUSTOMERS, "t": T, "lifetimes": lifetimes(), "brute": brute(),
                      "trends": trends(), "survival": survival()}, indent=1))
