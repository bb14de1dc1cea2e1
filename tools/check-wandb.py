"""Reads what a training run sent to Weights & Biases offline by its client's own records and compares it with metrics.jsonl.

    pip install wandb==0.30.0
    WANDB_MODE=offline fgam train ... --metrics-to wandb
    python tools/check-wandb.py RUN

Exit code 1 where a line or a value differs. Lines of a run that was stopped and gone on with count once, the last one.
"""

import json
import struct
import sys
from pathlib import Path

from wandb.proto import wandb_internal_pb2

BLOCK = 32768
FIRST_HEADER = 7


def records(file):
    """Records of a file in LevelDB's log format, whose blocks hold whole records and parts of them."""
    data, at, parts = file.read_bytes(), FIRST_HEADER, b""
    while at + FIRST_HEADER <= len(data):
        left = BLOCK - at % BLOCK
        if left < FIRST_HEADER:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        # 1: whole, 4: the last part.
        if kind in (1, 4):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(parts)
            parts = b""
            yield record


def flat(value, name=""):
    if isinstance(value, dict):
        for key, each in value.items():
            yield from flat(each, f"{name}.{key}" if name else key)
    elif isinstance(value, (int, float)):
        yield name, value


run = Path(sys.argv[1])
wanted = {}
for line in (run / "metrics.jsonl").read_text().splitlines():
    row = json.loads(line)
    wanted[row["step"]] = dict(flat(row))
found, ids = {}, set()
for file in sorted(run.glob("wandb/offline-run-*/*.wandb")):
    ids.add(file.stem.removeprefix("run-"))
    for record in records(file):
        if record.WhichOneof("record_type") != "history":
            continue
        row = {}
        for item in record.history.item:
            row |= flat(json.loads(item.value_json), ".".join(item.nested_key) or item.key)
        found[row["step"]] = {name: value for name, value in row.items() if not name.startswith("_")}
if ids != {(run / "wandb-id").read_text().strip()}:
    sys.exit(f"expected one run, got {sorted(ids)}")
for step in sorted(wanted.keys() | found.keys()):
    if wanted.get(step) != found.get(step):
        sys.exit(f"step {step}: expected {wanted.get(step)}, got {found.get(step)}")
print(f"{len(found)} lines, {sum(map(len, found.values()))} values: Weights & Biases has what metrics.jsonl says")
