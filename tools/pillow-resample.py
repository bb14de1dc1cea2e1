"""Pillow's side of tools/compare-resampling.mjs: one JSON request a line in, one a line out (pixels as base64)."""

import base64
import json
import sys

import PIL
from PIL import Image

MODES = {1: "L", 3: "RGB"}

print(json.dumps({"pillow": PIL.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    image = Image.frombytes(
        MODES[request["channels"]], tuple(request["size"]), base64.b64decode(request["pixels"])
    )
    x, y, width, height = request["box"]
    resized = image.resize(
        tuple(request["to"]),
        Image.Resampling[request["filter"].upper()],
        box=(x, y, x + width, y + height),
    )
    print(json.dumps({**request, "result": base64.b64encode(resized.tobytes()).decode()}))
