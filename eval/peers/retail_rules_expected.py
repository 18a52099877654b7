"""What a tree of depth three reaches on retail-sim's true parameters: for each planted
segment the mean F1, over ten random halves, of the best kind of scikit-learn's CART
(one against the rest or all at once, Gini or entropy, classes weighed or not).

    go test ./datasets -run TestRetailRules -args -parameters /tmp/parameters.csv
    python eval/peers/retail_rules_expected.py /tmp/parameters.csv > datasets/testdata/retail_rules.json
"""

import json
import sys

import numpy as np
import pandas as pd
import sklearn
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

table = pd.read_csv(sys.argv[1])
y, x = table.pop("segment").to_numpy(), table.to_numpy()
scores = {}
for seed in range(10):
    fit, held = train_test_split(np.arange(len(y)), test_size=0.5, stratify=y, random_state=seed)
    for criterion in ["gini", "entropy"]:
        for weight in [None, "balanced"]:
            kind = {"criterion": criterion, "class_weight": weight, "max_depth": 3, "random_state": seed}
            name = criterion + (", weighed" if weight else "")
            several = DecisionTreeClassifier(**kind).fit(x[fit], y[fit]).predict(x[held])
            for g in range(7):
                one = DecisionTreeClassifier(**kind).fit(x[fit], y[fit] == g).predict(x[held])
                scores.setdefault((g, "one against the rest, " + name), []).append(f1_score(y[held] == g, one))
                scores.setdefault((g, "all at once, " + name), []).append(f1_score(y[held] == g, several == g, zero_division=0))
trees = []
for g in range(7):
    f1, tree = max((float(np.mean(v)), name) for (h, name), v in scores.items() if h == g)
    trees.append({"segment": g, "f1": round(f1, 6), "tree": tree})
json.dump({
    "made_by": {"scikit-learn": sklearn.__version__, "numpy": np.__version__}, "customers": len(y), "trees": trees,
}, sys.stdout, indent=1)
