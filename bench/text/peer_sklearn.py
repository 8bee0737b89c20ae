"""One round of the peer: scikit-learn's TF-IDF of words and pairs with LinearSVC; calibrated for the comparison of fit times.

Prints one line of JSON. Takes the folder with train.csv and test.csv, gzipped or not. Importing is not timed.
"""
import csv
import gzip
import json
import os
import resource
import statistics
import sys
import time

import numpy
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC


csv.field_size_limit(1 << 30)


def read(part):
    path = f"{sys.argv[1]}/{part}.csv"
    opened = open(path, encoding="utf-8", newline="") if os.path.exists(path) else gzip.open(path + ".gz", "rt", encoding="utf-8", newline="")
    with opened as file:
        rows = list(csv.DictReader(file))
    texts = [row["text"] if "text" in row else row["subject"] + "\n" + row["body"] for row in rows]
    return texts, numpy.array([row["label"] for row in rows])


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def words():
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


train, train_labels = read("train")
test, test_labels = read("test")
plain = make_pipeline(words(), LinearSVC())
fit_s, _ = timed(lambda: plain.fit(train, train_labels))
calibrated = make_pipeline(words(), CalibratedClassifierCV(LinearSVC(), cv=3, n_jobs=2))
fit_calibrated_s, _ = timed(lambda: calibrated.fit(train, train_labels))
table_s, predicted = timed(lambda: plain.predict(test))
scope = test_labels != "NO_NODES_DETECTED"
records = [timed(lambda text=text: plain.predict([text]))[0] for text in test[:200]]
print(
    json.dumps(
        {
            "version": sklearn.__version__,
            "fit_s": fit_s,
            "fit_calibrated_s": fit_calibrated_s,
            "fit_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
            "accuracy": float(numpy.mean(predicted[scope] == test_labels[scope])),
            "macro_f1": float(f1_score(test_labels[scope], predicted[scope], average="macro")),
            "rows_per_s": len(test) / table_s,
            "record_us": statistics.median(records) * 1e6,
        }
    )
)
