"""Pillow's side of tools/bench-images.mjs: one of several processes, which takes every n-th photo.

With `profiles`, colours of other profiles than sRGB's own are converted, as `decodeImage` does it.
"""

import io
import json
import sys
import time

from PIL import Image, ImageCms

task, out, plan, part, parts = sys.argv[1:6]
converts = sys.argv[6:] == ["profiles"]
srgb = ImageCms.createProfile("sRGB")


def converted(image: Image.Image) -> Image.Image:
    """In sRGB; profiles of 3,144 bytes are sRGB's own (srgb-profile.ts)."""
    profile = image.info.get("icc_profile")
    if not converts or profile is None or len(profile) == 3144:
        return image
    return ImageCms.profileToProfile(image, io.BytesIO(profile), srgb, outputMode="RGB")


with open(plan) as file:
    photos = json.load(file)[int(part) :: int(parts)]
print(json.dumps("ready"), flush=True)
sys.stdin.readline()
start, cpu = time.perf_counter(), time.process_time()
for photo in photos:
    image = Image.open(photo["path"])
    if task == "shrink":
        image.draft("RGB", (224, 224))
    image = converted(image.convert("RGB"))
    if task == "regions":
        for name, (x, y, width, height) in photo["boxes"]:
            region = image.crop((x, y, x + width, y + height)).resize((224, 224), Image.Resampling.BICUBIC)
            region.save(f"{out}/{name}.jpg", quality=90)
    else:
        side = 336 if task == "whole" else 224
        image.resize((side, side), Image.Resampling.BICUBIC).save(f"{out}/{photo['name']}.jpg", quality=90)
print(json.dumps({"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}), flush=True)
