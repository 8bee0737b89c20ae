"""Tables of a collection as scikit-learn takes them: `table(folder, outcome, dropped)`.

Columns whose values in the training part are all numbers are numbers, all others categories; an empty or blank value is missing.
"""
import csv
import gzip
import os

import numpy
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler


def read(folder, part):
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


class Tables:
    """`train` and `test` are rows as read; `x` and `held` their features, numbers first."""

    def __init__(self, folder, outcome, dropped):
        self.train, self.test = read(folder, "train"), read(folder, "test")
        names = [name for name in self.train[0] if name != outcome and name not in dropped.split(",")]
        numbers = [name for name in names if all(row[name].strip() == "" or is_number(row[name]) for row in self.train)]
        categories = [name for name in names if name not in numbers]
        self.numbers, self.categories = list(range(len(numbers))), list(range(len(numbers), len(names)))

        def matrix(rows):
            values = numpy.empty((len(rows), len(names)), dtype=object)
            for at, name in enumerate(numbers):
                values[:, at] = [float(row[name]) if row[name].strip() else numpy.nan for row in rows]
            for at, name in enumerate(categories):
                values[:, len(numbers) + at] = [row[name].strip() or "missing" for row in rows]
            return values

        self.x, self.held = matrix(self.train), matrix(self.test)

    def linear(self, model):
        scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        return self._piped(scaled, OneHotEncoder(handle_unknown="ignore"), model)

    def forest(self, model):
        return self._piped(SimpleImputer(strategy="median"), OneHotEncoder(handle_unknown="ignore"), model)

    def boosting(self, model):
        return self._piped("passthrough", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), model)

    def _piped(self, numbers, categories, model):
        return make_pipeline(make_column_transformer((numbers, self.numbers), (categories, self.categories)), model)
