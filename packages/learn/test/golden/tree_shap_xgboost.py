"""Makes tree-shap-xgboost.json: a small model of XGBoost 1.7.4 (Debian: python3-xgboost) with its own contributions of some rows.

Run: /usr/bin/python3 tree_shap_xgboost.py > tree-shap-xgboost.json
"""
import json
import os
import tempfile

import numpy
import xgboost

random = numpy.random.default_rng(3)
x = random.random((400, 5)).astype(numpy.float32)
x[random.random(x.shape) < 0.1] = numpy.nan
filled = numpy.nan_to_num(x, nan=0.3)
y = numpy.sin(5 * filled[:, 0]) + filled[:, 1] * filled[:, 2] + (filled[:, 3] > 0.5) * filled[:, 0]
parameters = {"max_depth": 7, "eta": 0.3, "tree_method": "hist", "min_child_weight": 2, "base_score": 0.5}
model = xgboost.train(parameters, xgboost.DMatrix(x, y), 8)
rows = x[:20]
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.json")
    model.save_model(path)
    with open(path) as file:
        saved = json.load(file)
keys = ["left_children", "right_children", "split_indices", "split_conditions", "default_left", "sum_hessian"]
trees = [{key: tree[key] for key in keys} for tree in saved["learner"]["gradient_booster"]["model"]["trees"]]
number = lambda value: None if numpy.isnan(value) else float(value)
print(
    json.dumps(
        {
            "version": xgboost.__version__,
            "base_score": 0.5,
            "trees": trees,
            "rows": [[number(value) for value in row] for row in rows],
            "predictions": [float(value) for value in model.predict(xgboost.DMatrix(rows))],
            "contributions": [[float(value) for value in row] for row in model.predict(xgboost.DMatrix(rows), pred_contribs=True)],
        }
    )
)
