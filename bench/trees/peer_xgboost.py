"""One round of the peer: XGBoost, `hist`, two threads. Prints one line of JSON. Importing and reading are not timed, making its matrix is.

Arguments: `adult` and its folder, or `made`, the file, rows and columns.
"""
import csv
import gzip
import json
import resource
import sys
import time

import numpy
import xgboost
from sklearn.metrics import roc_auc_score

common = {"tree_method": "hist", "nthread": 2, "max_depth": 6, "eta": 0.1, "min_child_weight": 1, "lambda": 1, "max_bin": 256}


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def adult(folder):
    numbers = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"]

    def read(part):
        with gzip.open(f"{folder}/{part}.csv.gz", "rt", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    train, test = read("train"), read("test")
    names = [name for name in train[0] if name != "income"]
    levels = {name: {level: code for code, level in enumerate(sorted({row[name] for row in train}))} for name in names}

    def matrix(rows):
        value = lambda row, name: float(row[name]) if name in numbers else levels[name].get(row[name], numpy.nan)
        x = numpy.array([[value(row, name) for name in names] for row in rows])
        return x, numpy.array([row["income"].startswith(">50K") for row in rows], dtype=float)

    (x, y), (x_test, y_test) = matrix(train), matrix(test)
    types = ["q" if name in numbers else "c" for name in names]
    parameters = {**common, "objective": "binary:logistic"}

    def fit(kinds):
        def work():
            data = xgboost.DMatrix(x, y, nthread=2, feature_types=kinds, enable_categorical=kinds is not None)
            return xgboost.train(parameters, data, 200)

        return timed(work)

    def auc(model, kinds):
        data = xgboost.DMatrix(x_test, feature_types=kinds, enable_categorical=kinds is not None)
        return float(roc_auc_score(y_test, model.predict(data)))

    codes_s, codes = fit(None)
    fit_s, model = fit(types)
    one = xgboost.DMatrix(x_test[:1], feature_types=types, enable_categorical=True)
    records = [timed(lambda: model.predict(one, pred_contribs=True))[0] for _ in range(100)]
    return {
        "fit_s": fit_s,
        "auc": auc(model, types),
        "codes_fit_s": codes_s,
        "codes_auc": auc(codes, None),
        "row_us": float(numpy.median(records)) * 1e6,
    }


def made(file, rows, columns):
    values = numpy.fromfile(file, dtype="<f8").reshape(columns + 1, rows)
    x, y = numpy.ascontiguousarray(values[:columns].T), values[columns].copy()
    del values
    fit_s, _ = timed(lambda: xgboost.train(common, xgboost.DMatrix(x, y, nthread=2), 100))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    model = xgboost.train(common, xgboost.DMatrix(x[:100_000], y[:100_000]), 200)
    data = xgboost.DMatrix(x, nthread=2)
    predict_s, predicted = timed(lambda: model.predict(data))
    rmse = float(numpy.sqrt(numpy.mean((predicted - y) ** 2)))
    return {"fit_s": fit_s, "fit_mb": memory, "predict_s": predict_s, "rmse": rmse}


result = adult(sys.argv[2]) if sys.argv[1] == "adult" else made(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
print(json.dumps({"version": xgboost.__version__, **result}))
