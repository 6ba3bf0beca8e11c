#!/usr/bin/env bash
# Fly with the expert in the ROS graph, record, import, train from the recordings alone, evaluate on unseen seeds.
#
#   examples/round_trip.sh [FOLDER]      what is finished in FOLDER (runs/round_trip) is not done again
#
# Variables: SCENARIO, FLIGHTS (their seeds are 0 and up), CONDITION (to record in; a gusty summer day), RATE (camera, Hz),
# SIZE (of the network's images), RECIPE, SEEDS (to evaluate on), SPEED (simulated per wall seconds, 0: as fast as the machine can).
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-runs/round_trip}
SCENARIO=${SCENARIO:-field} FLIGHTS=${FLIGHTS:-40} RATE=${RATE:-30} SIZE=${SIZE:-160x90} SPEED=${SPEED:-0}
RECIPE=${RECIPE:-$source/config/training/recorded.yaml} SEEDS=${SEEDS:-10000:10020}

mkdir -p "$folder"
cd "$folder"    # the recipe names its data set relative to this place: data/mine

# An expert that nothing pushes off its way never shows how to come back to it.
cat > gusty.yaml <<'YAML'
season: summer
wind: {mean: [0.0, 6.0], gust: 4.0}    # m/s
camera: {noise: 2.0, exposure: [0.9, 1.1]}
YAML
CONDITION=${CONDITION:-gusty.yaml}

for ((seed = 0; seed < FLIGHTS; seed++)); do
  [[ -e failed/$seed ]] && continue
  [[ -e flights/$seed/record.json ]] && ! grep -q '"reason": "interrupted"' "flights/$seed/record.json" && continue
  rm -rf "flights/$seed"
  # A flight that was flown and did not succeed ends with code 1 and a report, and is no example to learn from.
  liquid-nav fly --pilot expert --scenario "$SCENARIO" --condition "$CONDITION" --seed "$seed" --frame-rate "$RATE" \
    --real-time-factor "$SPEED" --out "flights/$seed" && continue
  [[ -e flights/$seed/report.html ]] || { echo "seed $seed was not flown: see flights/$seed/log" >&2; exit 1; }
  mkdir -p failed && mv "flights/$seed" failed/
done

liquid-nav import flights flights --out data/mine --size "$SIZE"
liquid-nav train --recipe "$RECIPE" --out trained

# The same network before any training, to compare with.
python - "$RECIPE" <<'PYTHON'
import sys
from pathlib import Path

import torch

from liquid_nav.learning import load_recipe
from liquid_nav.policy import Policy

torch.manual_seed(0)
Policy(load_recipe(Path(sys.argv[1])).policy).save(Path("untrained"))
PYTHON

liquid-nav evaluate --model untrained --model trained/round-0/model --scenario "$SCENARIO" --seeds "$SEEDS" \
  --frame-rate "$RATE" --json evaluation.json --records flights.jsonl --resume

python - <<'PYTHON'
import json
from pathlib import Path

flights = [json.loads(line) for line in Path("flights.jsonl").read_text().splitlines()]
far, near = ({f["seed"]: f["closest_distance"] for f in flights if f["model"] == name} for name in ("untrained", "model"))
for seed in sorted(far):
    print(f"seed {seed}: came within {far[seed]:6.2f} m of the target untrained, {near[seed]:6.2f} m trained")
mean = sum(near[seed] - far[seed] for seed in far) / len(far)
print(f"mean of the paired differences: {mean:+.2f} m")
PYTHON
