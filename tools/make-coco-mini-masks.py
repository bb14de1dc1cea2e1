"""Areas of the shared COCO sample's masks as pycocotools has them: python make-coco-mini-masks.py INSTANCES.json > coco-mini-masks.json

`areas`: pixels of every annotation's mask. `cells`: of some, the pixels in each cell of a 7 x 7 map of the image, row by row.
"""

import contextlib
import json
import sys

import numpy as np
from pycocotools.coco import COCO

GRID = 7

with contextlib.redirect_stdout(sys.stderr):
    coco = COCO(sys.argv[1])
ids = sorted(coco.anns)
crowds = [i for i in ids if coco.anns[i]["iscrowd"]]
others = [i for i in ids if not coco.anns[i]["iscrowd"]]
several = [i for i in others if len(coco.anns[i]["segmentation"]) > 1]
chosen = {*crowds[:4], *several[:4], *others[::180]}


def share(pixels):
    """[GRID, pixels]: how much of each pixel lies in each cell, along one side."""
    edges, at = np.arange(GRID + 1) * pixels / GRID, np.arange(pixels)
    return np.clip(np.minimum(edges[1:, None], at[None] + 1) - np.maximum(edges[:-1, None], at[None]), 0, None)


areas, cells = {}, {}
for i in ids:
    mask = coco.annToMask(coco.anns[i])
    areas[str(i)] = int(mask.sum())
    if i in chosen:
        inside = share(mask.shape[0]) @ mask.astype(float) @ share(mask.shape[1]).T
        cells[str(i)] = [round(float(v), 3) for v in inside.ravel()]
rows = ",\n".join(f'"{k}": {json.dumps(v, separators=(",", ":"))}' for k, v in cells.items())
print(f'{{\n"areas": {json.dumps(areas, separators=(",", ":"))},\n"cells": {{\n{rows}\n}}\n}}')
