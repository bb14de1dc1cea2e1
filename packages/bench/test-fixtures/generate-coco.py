"""Writes test-fixtures/coco: masks of polygons, and random sets with the 12 numbers that pycocotools gives them, boxes and masks.

    python packages/bench/test-fixtures/generate-coco.py [COCO_MINI]   (needs numpy and pycocotools)

With the folder of COCO's small set it writes the scores of detections in that set too: each annotation moved by a rule of whole numbers
that coco-task.test.ts follows as well, so that no annotation is stored here.
"""

import contextlib
import json
import random
import sys
from pathlib import Path

import numpy as np
from pycocotools import mask as tool
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

HERE = Path(__file__).parent / "coco"
NAMES = "ap ap50 ap75 apSmall apMedium apLarge ar1 ar10 ar100 arSmall arMedium arLarge".split()


def numbers(truth, results):
    scores = {}
    for kind, name in (("bbox", "boxes"), ("segm", "masks")):
        with contextlib.redirect_stdout(None):
            gt = COCO()
            gt.dataset = json.loads(json.dumps(truth))
            gt.createIndex()
            rows = [{k: v for k, v in r.items() if k != ("segmentation" if kind == "bbox" else "bbox")} for r in results]
            run = COCOeval(gt, gt.loadRes(json.loads(json.dumps(rows))), kind)
            run.evaluate()
            run.accumulate()
            run.summarize()
        scores[name] = {n: None if v < 0 else v for n, v in zip(NAMES, run.stats.tolist())}
    return scores


def polygon(rng, h, w, outside=0.0):
    cx, cy, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(1, min(h, w) / 2)
    k = rng.randint(3, 9)
    points = []
    for _ in range(k):
        x, y = cx + rng.uniform(-r, r), cy + rng.uniform(-r, r)
        points += [min(max(x, -outside), w + outside), min(max(y, -outside), h + outside)]
    digits = rng.choice([0, 1, 2, 6])
    return [round(p, digits) for p in points]


def counts_of(rle):
    flat = tool.decode(rle).flatten(order="F")
    runs, last, n = [], 0, 0
    for value in flat.tolist():
        if value != last:
            runs.append(n)
            last, n = value, 0
        n += 1
    return runs + [n]


def shifted(rng, box, w, h):
    x, y, bw, bh = box
    s = rng.choice([0, 0.05, 0.2, 0.5])
    x, y = x + rng.uniform(-s, s) * bw, y + rng.uniform(-s, s) * bh
    bw, bh = bw * rng.uniform(1 - s, 1 + s), bh * rng.uniform(1 - s, 1 + s)
    return [round(v, 2) for v in (max(0, x), max(0, y), max(1, min(bw, w)), max(1, min(bh, h)))]


def shifted_mask(rng, m):
    return np.asfortranarray(np.roll(m, (rng.randint(-3, 3), rng.randint(-3, 3)), (0, 1)))


def detection(rng, image, category, box, m):
    rle = tool.encode(m)
    return {
        "image_id": image["id"],
        "category_id": category,
        "bbox": shifted(rng, box, image["width"], image["height"]),
        "segmentation": {"size": rle["size"], "counts": rle["counts"].decode()},
        "score": round(rng.random(), rng.choice([1, 3])),
    }


def random_set(rng):
    images = [{"id": i * 7 + 3, "height": rng.randint(30, 240), "width": rng.randint(30, 240), "file_name": "%d.jpg" % i} for i in range(rng.randint(1, 6))]
    rng.shuffle(images)
    categories = [{"id": i * 2 + 1, "name": "thing %d" % i} for i in range(3)]
    annotations, results = [], []
    for image in images:
        h, w = image["height"], image["width"]
        for _ in range(rng.randint(0, 7)):
            crowd = rng.random() < 0.15
            polygons = [polygon(rng, h, w) for _ in range(rng.randint(1, 2))]
            rle = tool.merge(tool.frPyObjects(polygons, h, w))
            if tool.area(rle) == 0:
                continue
            segmentation = {"size": [h, w], "counts": counts_of(rle)} if crowd else polygons
            box = [float(v) for v in tool.toBbox(rle)]
            annotations.append({
                "id": len(annotations) + 1, "image_id": image["id"], "category_id": rng.choice(categories[:2])["id"], "bbox": box,
                "area": float(tool.area(rle)), "iscrowd": int(crowd), "segmentation": segmentation,
            })
            for _ in range(rng.randint(0, 3)):
                category = annotations[-1]["category_id"] if rng.random() < 0.85 else rng.choice(categories)["id"]
                results.append(detection(rng, image, category, box, shifted_mask(rng, tool.decode(rle))))
        for _ in range(rng.randint(0, 12)):
            rle = tool.merge(tool.frPyObjects([polygon(rng, h, w)], h, w))
            if tool.area(rle) > 0:
                results.append(detection(rng, image, rng.choice(categories)["id"], [float(v) for v in tool.toBbox(rle)], tool.decode(rle)))
    rng.shuffle(results)
    return {"images": images, "categories": categories, "annotations": annotations}, results


def mini_results(folder):
    truth = json.loads((Path(folder) / "annotations" / "instances_train2017.json").read_text())
    gt = COCO()
    with contextlib.redirect_stdout(None):
        gt.dataset = truth
        gt.createIndex()
    ids = sorted(c["id"] for c in truth["categories"])
    results = []
    for i, annotation in enumerate(truth["annotations"]):
        flat = gt.annToMask(annotation)
        h, w = flat.shape
        flat = flat.flatten(order="F")
        for c in range((i * 5) % 3):
            k = i * 3 + c
            dx, dy, grow = (k * 31) % 11 - 5, (k * 17) % 7 - 3, 1 + ((k * 13) % 5 - 2) / 8
            x, y, bw, bh = annotation["bbox"]
            by = dx * h + dy
            moved = np.zeros_like(flat)
            moved[max(0, by):len(flat) + min(0, by)] = flat[max(0, -by):len(flat) - max(0, by)]
            rle = tool.encode(np.asfortranarray(moved.reshape((h, w), order="F")))
            own = annotation["category_id"]
            results.append({
                "image_id": annotation["image_id"],
                "category_id": ids[(ids.index(own) + 1) % len(ids)] if k % 7 == 0 else own,
                "bbox": [max(0, x + dx), max(0, y + dy), bw * grow, bh * grow],
                "segmentation": {"size": rle["size"], "counts": rle["counts"].decode()},
                "score": ((k * 7919) % 1000) / 1000,
            })
    return truth, results


def lines(rows):
    return "[\n%s\n]" % ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    rng = random.Random(7)
    polygons = []
    for _ in range(300):
        h, w = rng.randint(1, 60), rng.randint(1, 60)
        points = polygon(rng, h, w, outside=rng.choice([0, 0, 3]))
        polygons.append({"height": h, "width": w, "polygon": points, "counts": counts_of(tool.frPyObjects([points], h, w)[0])})
    sets = []
    while len(sets) < 25:
        truth, results = random_set(rng)
        if results and truth["annotations"]:
            sets.append({"truth": truth, "results": results, "scores": numbers(truth, results)})
    source = "generate-coco.py, pycocotools 2.0.11"
    (HERE / "cases.json").write_text('{\n"source": "%s",\n"polygons": %s,\n"sets": %s\n}\n' % (source, lines(polygons), lines(sets)))
    if len(sys.argv) > 1:
        truth, results = mini_results(sys.argv[1])
        mini = {"source": source, "detections": len(results), "scores": numbers(truth, results)}
        (HERE / "mini.json").write_text(json.dumps(mini, indent=1) + "\n")
