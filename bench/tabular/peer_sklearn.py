"""One round of the peers: scikit-learn's logistic regression, random forest and histogram boosting, untuned.

Prints one line of JSON with the area under the ROC curve, Brier score and log-loss of each on the test part. Arguments: folder, outcome column,
positive class, columns to leave out (comma-separated).
"""
import csv
import gzip
import json
import os
import sys
import time

import numpy
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

folder, outcome, positive, dropped = sys.argv[1:5]


def read(part):
    path = f"{folder}/{part}.csv"
    opened = open(path, encoding="utf-8", newline="") if os.path.exists(path) else gzip.open(path + ".gz", "rt", encoding="utf-8", newline="")
    with opened as file:
        return list(csv.DictReader(file))


def is_number(value):
    try:
        float(value)
        return True
    except ValueError:
        return False


train, test = read("train"), read("test")
names = [name for name in train[0] if name != outcome and name not in dropped.split(",")]
numbers = [name for name in names if all(row[name].strip() == "" or is_number(row[name]) for row in train)]
categories = [name for name in names if name not in numbers]


def matrix(rows):
    values = numpy.empty((len(rows), len(names)), dtype=object)
    for at, name in enumerate(numbers):
        values[:, at] = [float(row[name]) if row[name].strip() else numpy.nan for row in rows]
    for at, name in enumerate(categories):
        values[:, len(numbers) + at] = [row[name].strip() or "missing" for row in rows]
    return values


first = list(range(len(numbers)))
rest = list(range(len(numbers), len(names)))
one_hot = OneHotEncoder(handle_unknown="ignore")
codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
models = {
    "logistic regression": make_pipeline(
        make_column_transformer((make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), first), (one_hot, rest)),
        LogisticRegression(max_iter=2000),
    ),
    "random forest": make_pipeline(
        make_column_transformer((SimpleImputer(strategy="median"), first), (one_hot, rest)),
        RandomForestClassifier(n_estimators=300, n_jobs=2, random_state=1),
    ),
    "histogram boosting": make_pipeline(
        make_column_transformer(("passthrough", first), (codes, rest)), HistGradientBoostingClassifier(random_state=1)
    ),
}
x, y = matrix(train), numpy.array([row[outcome] == positive for row in train])
held, truth = matrix(test), numpy.array([row[outcome] == positive for row in test])
result = {"version": sklearn.__version__, "models": {}}
for name, model in models.items():
    start = time.perf_counter()
    model.fit(x, y)
    seconds = time.perf_counter() - start
    scores = model.predict_proba(held)[:, 1]
    result["models"][name] = {
        "fit_s": seconds,
        "auc": roc_auc_score(truth, scores),
        "brier": brier_score_loss(truth, scores),
        "log_loss": log_loss(truth, scores),
    }
print(json.dumps(result))
