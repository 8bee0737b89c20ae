"""One round of the peers: scikit-learn's ridge regression, random forest and histogram boosting, untuned.

Prints one line of JSON with the root of the mean squared error, mean absolute error and R2 of each on the test part. Arguments: folder, outcome
column, columns to leave out (comma-separated).
"""
import json
import os
import sys
import time

import numpy
import sklearn
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tables import Tables

folder, outcome, dropped = sys.argv[1:4]
tables = Tables(folder, outcome, dropped)
models = {
    "ridge regression": tables.linear(Ridge()),
    "random forest": tables.forest(RandomForestRegressor(n_estimators=300, n_jobs=2, random_state=1)),
    "histogram boosting": tables.boosting(HistGradientBoostingRegressor(random_state=1)),
}
y = numpy.array([float(row[outcome]) for row in tables.train])
truth = numpy.array([float(row[outcome]) for row in tables.test])
result = {"version": sklearn.__version__, "models": {}}
for name, model in models.items():
    start = time.perf_counter()
    model.fit(tables.x, y)
    seconds = time.perf_counter() - start
    values = model.predict(tables.held)
    result["models"][name] = {
        "fit_s": seconds,
        "rmse": mean_squared_error(truth, values) ** 0.5,
        "mae": mean_absolute_error(truth, values),
        "r2": r2_score(truth, values),
    }
print(json.dumps(result))
