"""Outliers in scikit-learn's own collections by its IsolationForest and LocalOutlierFactor: area under the curve, three seeds.

peer_outliers.py FOLDER: writes the rows as FOLDER/<name>.json for ours, prints the areas.
Ordinary rows are those of the common classes; outliers are a few rows of another class, some 5 % of all.
"""
import json
import os
import sys

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor


def few(data, is_odd, seed=1):
    rows = np.random.RandomState(seed).permutation(len(data))
    odd = [row for row in rows if is_odd[row]][: max(10, int(0.05 * (~is_odd).sum()))]
    kept = sorted(list(np.where(~is_odd)[0]) + odd)
    return data[kept], is_odd[kept].astype(int)


cancer, wine, digits = load_breast_cancer(), load_wine(), load_digits()
sets = {
    "breast cancer": few(cancer.data, cancer.target == 0),
    "wine": few(wine.data, wine.target == 2),
    "digits, 4 among 1, 7 and 8": few(
        digits.data[np.isin(digits.target, [1, 4, 7, 8])], digits.target[np.isin(digits.target, [1, 4, 7, 8])] == 4
    ),
}
answer = {}
for name, (data, odd) in sets.items():
    with open(os.path.join(sys.argv[1], name + ".json"), "w") as file:
        json.dump({"rows": data.tolist(), "odd": odd.tolist()}, file)
    forest = [roc_auc_score(odd, -IsolationForest(n_estimators=200, random_state=seed).fit(data).score_samples(data)) for seed in range(3)]
    scaled = (data - data.mean(0)) / (data.std(0) + 1e-9)
    answer[name] = {
        "isolation forest": float(np.mean(forest)),
        "local outlier factor": float(roc_auc_score(odd, -LocalOutlierFactor(20).fit(scaled).negative_outlier_factor_)),
    }
print(json.dumps({"version": sklearn.__version__, "sets": answer}))
