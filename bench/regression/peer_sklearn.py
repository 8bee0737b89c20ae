"""One round of the peers: scikit-learn's ridge regression, random forest and histogram boosting, untuned.

Prints one line of JSON with the root of the mean squared error, mean absolute error and R2 of each on the test part. Arguments: folder, outcome
column, columns to leave out (comma-separated).
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
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

folder, outcome, dropped = sys.argv[1:4]


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
    "ridge regression": make_pipeline(
        make_column_transformer((make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), first), (one_hot, rest)),
        Ridge(),
    ),
    "random forest": make_pipeline(
        make_column_transformer((SimpleImputer(strategy="median"), first), (one_hot, rest)),
        RandomForestRegressor(n_estimators=300, n_jobs=2, random_state=1),
    ),
    "histogram boosting": make_pipeline(
        make_column_transformer(("passthrough", first), (codes, rest)), HistGradientBoostingRegressor(random_state=1)
    ),
}
x, y = matrix(train), numpy.array([float(row[outcome]) for row in train])
held, truth = matrix(test), numpy.array([float(row[outcome]) for row in test])
result = {"version": sklearn.__version__, "models": {}}
for name, model in models.items():
    start = time.perf_counter()
    model.fit(x, y)
    seconds = time.perf_counter() - start
    values = model.predict(held)
    result["models"][name] = {
        "fit_s": seconds,
        "rmse": mean_squared_error(truth, values) ** 0.5,
        "mae": mean_absolute_error(truth, values),
        "r2": r2_score(truth, values),
    }
print(json.dumps(result))
