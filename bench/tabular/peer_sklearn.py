"""One round of the peers: scikit-learn's logistic regression, random forest and histogram boosting, untuned.

Prints one line of JSON with the area under the ROC curve, Brier score and log-loss of each on the test part. Arguments: folder, outcome column,
positive class, columns to leave out (comma-separated).
"""
import json
import os
import sys
import time

import numpy
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tables import Tables

folder, outcome, positive, dropped = sys.argv[1:5]
tables = Tables(folder, outcome, dropped)
models = {
    "logistic regression": tables.linear(LogisticRegression(max_iter=2000)),
    "random forest": tables.forest(RandomForestClassifier(n_estimators=300, n_jobs=2, random_state=1)),
    "histogram boosting": tables.boosting(HistGradientBoostingClassifier(random_state=1)),
}
y = numpy.array([row[outcome] == positive for row in tables.train])
truth = numpy.array([row[outcome] == positive for row in tables.test])
result = {"version": sklearn.__version__, "models": {}}
for name, model in models.items():
    start = time.perf_counter()
    model.fit(tables.x, y)
    seconds = time.perf_counter() - start
    scores = model.predict_proba(tables.held)[:, 1]
    result["models"][name] = {
        "fit_s": seconds,
        "auc": roc_auc_score(truth, scores),
        "brier": brier_score_loss(truth, scores),
        "log_loss": log_loss(truth, scores),
    }
print(json.dumps(result))
