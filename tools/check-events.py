"""Reads the event files of a training run by TensorBoard's own reader and compares them with metrics.jsonl.

    pip install tensorboard==2.21.0
    python tools/check-events.py RUN

Exit code 1 where a tag, a step or a value differs. What a later sitting did again is left out by the reader, as by TensorBoard.
"""

import json
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = Path(sys.argv[1])
events = EventAccumulator(str(run / "events"), size_guidance={"scalars": 0})
events.Reload()
wanted = {}
for line in (run / "metrics.jsonl").read_text().splitlines():
    row = json.loads(line)
    numbers = {f"parts/{name}": value for name, value in row["parts"].items()}
    numbers |= {name: row[name] for name in ("loss", "gradientNorm", "learningRate", "tokensPerSecond")}
    for tag, value in numbers.items():
        wanted.setdefault(tag, []).append((row["step"], struct.unpack("f", struct.pack("f", value))[0]))
found = {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
for tag in sorted(wanted.keys() | found.keys()):
    if wanted.get(tag) != found.get(tag):
        sys.exit(f"{tag}: expected {wanted.get(tag)}, got {found.get(tag)}")
print(f"{len(found)} tags, {sum(map(len, found.values()))} values: TensorBoard reads what metrics.jsonl says")
