"""Sends what standard input has, an object of metrics a line, to Weights & Biases by its own client.

    python3 wandb_run.py RUN

RUN is the output folder of a training run; `WANDB_PROJECT`, `WANDB_MODE` and the client's other variables hold. Prints `ready`
once the client takes lines. A run that is gone on with has one id, kept in RUN/wandb-id, and its steps are those of the lines:
what is sent again after a stop is drawn at its own step.
"""

import json
import os
import sys
from pathlib import Path

import wandb

out = Path(sys.argv[1])
kept = out / "wandb-id"
run = wandb.init(
    dir=out,
    project=os.environ.get("WANDB_PROJECT", "fgam"),
    name=out.name,
    id=kept.read_text().strip() if kept.exists() else None,
    resume="allow",
)
kept.write_text(run.id + "\n")
run.define_metric("*", step_metric="step")
print("ready", flush=True)
for line in sys.stdin:
    run.log(json.loads(line))
run.finish()
