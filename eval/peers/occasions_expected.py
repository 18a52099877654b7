#!/usr/bin/env python3
"""Expected values of the calendars and the periodograms of package features, from the
packages holidays, python-dateutil, hijridate, SciPy and NumPy.

    python3 occasions_expected.py > ../../features/testdata/occasions.json
"""
import datetime
import importlib.metadata
import json
import sys

import holidays
import numpy as np
import scipy.signal
import scipy.stats
from dateutil.easter import easter
from hijridate import Hijri

YEARS = range(1995, 2031)


def public():
    """Public holidays on the day itself, the Dutch royal day on the day it is kept: England for the United Kingdom."""
    out = {}
    for c, code, sub in [("US", "US", None), ("UK", "GB", "ENG"), ("DE", "DE", None), ("NL", "NL", None), ("DK", "DK", None), ("BR", "BR", None)]:
        out[c] = {}
        for y in YEARS:
            h = holidays.country_holidays(code, subdiv=sub, years=[y], observed=c == "NL")
            out[c][y] = sorted(d.isoformat() for d in h)
    return out


def muslim():
    return [" ".join(Hijri(y, m, d).to_gregorian().isoformat() for m, d in ((9, 1), (10, 1), (12, 10))) for y in range(1415, 1473)]


def lomb():
    t = np.array([0, 1, 3, 7, 8, 14, 15, 21, 22, 29, 35, 43], float)
    y = np.array([1.0, 1.056503, -0.900969, 1.433013, 0.190477, 0.566987, 0.62349, 1.0, 1.056503, 0.190477, 0.566987, 1.056503])
    y = y - y.mean()
    periods = [2.5, 3, 5, 7, 10, 20, 43]
    w = 2 * np.pi / np.array(periods)
    return {"t": t.tolist(), "y": y.tolist(), "periods": periods,
            "power": scipy.signal.lombscargle(t, y, w).tolist(),
            "norm": scipy.signal.lombscargle(t, y, w, normalize=True).tolist()}


def binomial():
    return [[k, n, p, float(scipy.stats.binom.sf(k - 1, n, p))] for k, n, p in [(0, 5, .2), (3, 5, .2), (12, 40, .1), (90, 400, .25)]]


json.dump({
    "versions": {p: importlib.metadata.version(p) for p in ("holidays", "python-dateutil", "hijridate", "scipy", "numpy")},
    "easter": {y: easter(y).isoformat() for y in range(1900, 2100)},
    "public": public(), "muslim": muslim(), "lomb": lomb(), "binomial": binomial(),
}, sys.stdout, indent=0)
print()
