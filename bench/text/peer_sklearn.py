"""One round of the peer: scikit-learn's TF-IDF of words and pairs with LinearSVC; calibrated for the comparison of fit times.

Prints one line of JSON. Takes the folder with train.csv and test.csv. Importing is not timed.
"""
import csv
import json
import statistics
import sys
import time

import numpy
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC


def read(part):
    with open(f"{sys.argv[1]}/{part}.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], numpy.array([row["label"] for row in rows])


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
records = [timed(lambda text=text: plain.predict([text]))[0] for text in test[:500]]
print(
    json.dumps(
        {
            "version": sklearn.__version__,
            "fit_s": fit_s,
            "fit_calibrated_s": fit_calibrated_s,
            "accuracy": float(numpy.mean(predicted == test_labels)),
            "rows_per_s": len(test) / table_s,
            "record_us": statistics.median(records) * 1e6,
        }
    )
)
