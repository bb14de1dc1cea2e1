"""COCO's own scores of boxes: `python score-coco.py truth.json results.json` (needs pycocotools)."""

import contextlib
import json
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

with contextlib.redirect_stdout(None):
    truth = COCO(sys.argv[1])
    scores = COCOeval(truth, truth.loadRes(sys.argv[2]), "bbox")
    scores.evaluate()
    scores.accumulate()
    scores.summarize()
print(json.dumps({"ap": scores.stats[0], "ap50": scores.stats[1], "ap75": scores.stats[2], "recall": scores.stats[8]}))
