"""Makes packages/data/test-fixtures/jpeg-kinds.json: small JPEGs of kinds that sharp does not write, by Pillow 12.3.

    python tools/make-jpeg-kinds.py     (pip install pillow==12.3.0)
"""

import base64
import io
import json
import random
from pathlib import Path

from PIL import Image, ImageFilter

rng = random.Random(4)
noise = Image.frombytes("RGB", (53, 39), rng.randbytes(53 * 39 * 3)).filter(ImageFilter.GaussianBlur(1.5))
kinds = {
    "4:2:2": {"subsampling": "4:2:2"},
    "4:2:0 with restarts": {"subsampling": "4:2:0", "restart_marker_blocks": 3},
    "4:4:4 with restarts by rows": {"subsampling": "4:4:4", "restart_marker_rows": 1},
    "rgb": {"keep_rgb": True},
    "exif, upright": {"exif": b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00"},
    "comment": {"comment": "taken by hand"},
}


def jpeg(image: Image.Image, **options) -> str:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88, **options)
    return base64.b64encode(file.getvalue()).decode()


made = {name: jpeg(noise, **options) for name, options in kinds.items()}
made["grey"] = jpeg(noise.convert("L"))
made["progressive 4:2:2"] = jpeg(noise, subsampling="4:2:2", progressive=True)
path = Path(__file__).parent.parent / "packages/data/test-fixtures/jpeg-kinds.json"
path.write_text(json.dumps(made, indent=2) + "\n")
