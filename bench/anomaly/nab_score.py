"""Scores of the Numenta Anomaly Benchmark by its own scorer: nab/sweeper.py of the published repository.

nab_score.py NAB_FOLDER WINDOWS.json < {"file": {"times": [...], "scores": [...]}, ...}
Prints, by profile, the score of the whole (0: no detection, 100: perfect, as nab/runner.py normalises it, one threshold for all series that is
the best, as nab/optimizer.py finds it), and by series the detected windows and the false alarms at that threshold.
"""
import json
import os
import sys

nab, windows_path = sys.argv[1:3]
sys.path.insert(0, nab)
from nab.sweeper import Sweeper  # noqa: E402

with open(os.path.join(nab, "config", "profiles.json")) as file:
    profiles = json.load(file)
with open(windows_path) as file:
    windows = json.load(file)
series = json.load(sys.stdin)

answer = {}
for profile, setting in profiles.items():
    costs = setting["CostMatrix"]
    sweeper = Sweeper(probationPercent=0.15, costMatrix=costs)
    rows = {}
    for name, one in series.items():
        limits = [(begin.split(".")[0], end.split(".")[0]) for begin, end in windows[name]]
        rows[name] = sweeper.calcSweepScore(one["times"], one["scores"], limits, name)
    every = [row for part in rows.values() for row in part]
    best = max(sweeper.calcScoreByThreshold(every), key=lambda one: one.score)
    count = sum(len(windows[name]) for name in series)
    null = -costs["fnWeight"] * count
    found = {}
    for name, part in rows.items():
        hit = [row for row in part if row.anomalyScore >= best.threshold and row.windowName != "probationary"]
        found[name] = {
            "windows": len(windows[name]),
            "found": len({row.windowName for row in hit if row.windowName is not None}),
            "false": sum(row.windowName is None for row in hit),
        }
    answer[profile] = {
        "score": 100 * (best.score - null) / (count * costs["tpWeight"] - null),
        "threshold": best.threshold,
        "series": found,
    }
print(json.dumps(answer))
