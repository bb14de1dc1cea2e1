#!/usr/bin/env python3
"""Reads a shard folder with Python's own readers and compares all of it with what `readShards` and `readShardIndex` give.

    npm run build -w @fgam/data
    venv/bin/python tools/check-shards.py shards          (venv: pip install pyarrow datasets)

- tars by `tarfile`, grouped by WebDataset's rule: a file's key is its path up to the first dot of its name, the rest is the
  field; files of one key follow one another;
- tars by the `webdataset` builder of Hugging Face's `datasets`, offline;
- `index.parquet` by pyarrow;
- SHA-256 of every file by the manifest.

Compared are ids, order, boxes, masks, labels, descriptions and whatever else a record has, and the SHA-256 of the images' bytes.
Prints one JSON object; ends with 1 at the first difference.
"""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"

import datasets  # noqa: E402
import pyarrow.parquet  # noqa: E402

IMAGES = ("jpg", "png", "webp", "gif", "avif")


def check(holds, what):
    if not holds:
        print(f"check-shards: {what}", file=sys.stderr)
        sys.exit(1)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def ours(folder):
    """Samples and index rows as our reader gives them."""
    dump = Path(__file__).with_name("dump-shards.mjs")
    done = subprocess.run(["node", str(dump), str(folder)], check=True, stdout=subprocess.PIPE)
    values = [json.loads(line) for line in done.stdout.splitlines()]
    return [v for v in values if "sample" in v], [v["row"] for v in values if "row" in v]


def grouped(path):
    """Samples of a tar by WebDataset's rule."""
    current = None
    with tarfile.open(path) as tar:
        for member in tar:
            if not member.isfile():
                continue
            folder, _, name = member.name.rpartition("/")
            stem, _, field = name.partition(".")
            key = f"{folder}/{stem}" if folder else stem
            if current is None or current["__key__"] != key:
                if current is not None:
                    yield current
                current = {"__key__": key}
            check(field not in current, f"{path}: {key} has {field} twice")
            current[field] = tar.extractfile(member).read()
    if current is not None:
        yield current


def image_of(sample):
    fields = [field for field in sample if field in IMAGES and sample[field] is not None]
    check(len(fields) == 1, f"{sample['__key__']}: expected one image, got {fields}")
    return sample[fields[0]]


def check_tars(folder, manifest, samples):
    """Returns the number of samples, masks and run lengths."""
    found = (sample for shard in manifest["shards"] for sample in grouped(folder / shard["name"]))
    counts = {"samples": 0, "regions": 0, "masks": 0}
    for expected, sample in zip(samples, found, strict=True):
        check(sample["__key__"] == expected["key"], f"key {sample['__key__']} instead of {expected['key']}")
        check(sha256(image_of(sample)) == expected["sha256"], f"{expected['key']}: another image")
        check(json.loads(sample["json"]) == expected["sample"], f"{expected['key']}: another record")
        counts["samples"] += 1
        for region in expected["sample"]["regions"]:
            counts["regions"] += 1
            mask = region.get("mask")
            counts["masks"] += mask is not None
            if mask is not None and mask["kind"] == "rle":
                height, width = mask["size"]
                check(sum(mask["counts"]) == height * width, f"{region['id']}: run lengths of another size")
    return counts


def check_datasets(folder, manifest, samples):
    """Returns what Hugging Face's builder gave. Its fields are those of the first five samples, so it is not asked where images
    have several formats."""
    formats = {expected["sample"]["image"].rpartition(".")[2] for expected in samples}
    if len(formats) > 1:
        return f"not asked: images of several formats ({', '.join(sorted(formats))})"
    files = [str(folder / shard["name"]) for shard in manifest["shards"]]
    with tempfile.TemporaryDirectory() as cache:
        data = datasets.load_dataset("webdataset", data_files={"shards": files}, split="shards", cache_dir=cache)
        for name, feature in data.features.items():
            if isinstance(feature, datasets.Image):
                data = data.cast_column(name, datasets.Image(decode=False))
        check(len(data) == len(samples), f"datasets: {len(data)} samples instead of {len(samples)}")
        lost = 0
        for expected, sample in zip(samples, data, strict=True):
            check(sample["__key__"].split("/")[-1] == expected["key"], f"datasets: key {sample['__key__']}")
            check(sha256(image_of(sample)["bytes"]) == expected["sha256"], f"datasets: {expected['key']}: another image")
            lost += fields_lost(sample["json"], expected["sample"], expected["key"])
        return {"samples": len(data), "fields that the first five samples lack, lost": lost}


def fields_lost(found, expected, where):
    """Compares a record with one of Arrow's one type for all samples: fields that others have are null, fields that the type
    lacks are gone. Returns the number of those."""
    if isinstance(expected, dict):
        extra = [key for key in found if key not in expected and found[key] is not None]
        check(not extra, f"datasets: {where}: {extra} are not in the record")
        return sum(
            fields_lost(found[key], value, where) if key in found else 1 for key, value in expected.items()
        )
    if isinstance(expected, list):
        check(len(found) == len(expected), f"datasets: {where}: a list of another length")
        return sum(fields_lost(*pair, where) for pair in zip(found, expected))
    check(found == expected, f"datasets: {where}: {found!r} instead of {expected!r}")
    return 0


def relations_of(row):
    return [(each["predicate"], each["object"]) for each in json.loads(row["relations"] or "[]")]


def relations_in(sample, subject):
    """What the sample's record says of a region: boxes first, then annotators' words."""
    said = [(each["relation"], each) for each in sample.get("relations", [])]
    said += [(each["predicate"], each) for each in sample.get("annotatedRelations", [])]
    return [(predicate, each["object"]) for predicate, each in said if each["subject"] == subject]


def check_index(folder, samples, rows):
    """Returns the number of rows."""
    table = pyarrow.parquet.read_table(folder / "index.parquet").to_pylist()
    check(table == rows, "index.parquet: rows are not those of readShardIndex")
    regions = [(of, region) for of in samples for region in of["sample"]["regions"]]
    for row, (of, region) in zip(table, regions, strict=True):
        box = {name: row[name] for name in ("x0", "y0", "x1", "y1")}
        texts = {name: row[name] for name in ("label", "description", "source")}
        parsed = {
            name: None if row[name] is None else json.loads(row[name])
            for name in ("mask", "provenance", "descriptionProvenance", "attributes")
        }
        check(row["sha256"] == of["sha256"] and row["key"] == of["key"], f"{row['region']}: another image")
        check(row["sample"] == of["sample"]["id"] and row["region"] == region["id"], f"{row['region']}: another id")
        check(box == region["box"], f"{row['region']}: another box")
        check(texts == {name: region[name] for name in texts}, f"{row['region']}: other texts")
        check(parsed == {name: region.get(name) for name in parsed}, f"{row['region']}: another mask or provenance")
        check(row["score"] == region.get("score"), f"{row['region']}: another score")
        check(row["caption"] == of["sample"].get("caption"), f"{row['region']}: another caption")
        check(relations_of(row) == relations_in(of["sample"], region["id"]), f"{row['region']}: other relations")
    return len(table)


def main(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    sums = {shard["name"]: shard["sha256"] for shard in manifest["shards"]} | manifest["files"]
    for name, expected in sums.items():
        check(sha256((folder / name).read_bytes()) == expected, f"{name}: another SHA-256")
    samples, rows = ours(folder)
    check(len(samples) == manifest["samples"], f"{len(samples)} samples, {manifest['samples']} in the manifest")
    result = {"folder": folder.name, "files": len(sums), "tarfile": check_tars(folder, manifest, samples)}
    result["pyarrow rows"] = check_index(folder, samples, rows)
    result["datasets"] = check_datasets(folder, manifest, samples)
    print(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("check-shards: expected a folder of shards")
    main(Path(sys.argv[1]))
