"""The peer of generation.ts: greedy generation by transformers on torch's CPU, on command.

    python generation-peer.py FOLDER NEW_TOKENS THREADS   # prompts with images as JSON on the first line; then one JSON line an answer to each line "run"
"""

import importlib.metadata
import importlib.util
import json
import sys
import time

# Images are to be prepared with Pillow, as ours are: transformers prefers torchvision where there is one, whose bicubic filter rounds otherwise.
_find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torchvision" else _find_spec(name, *rest)

import torch  # noqa: E402
from PIL import Image  # noqa: E402
from transformers import AutoModelForImageTextToText, AutoProcessor  # noqa: E402

folder, new_tokens, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if threads > 0:
    torch.set_num_threads(threads)
requests = json.loads(sys.stdin.readline())
processor = AutoProcessor.from_pretrained(folder)
processor.tokenizer.padding_side = "left"
processor.tokenizer.pad_token = processor.tokenizer.unk_token
model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
# Every answer is as long as it may be.
model.generation_config.eos_token_id = None
model.generation_config.pad_token_id = processor.tokenizer.pad_token_id


def generate():
    images = [[Image.open(path).convert("RGB") for path in request["images"]] for request in requests]
    inputs = processor(text=[request["prompt"] for request in requests], images=images, padding=True, return_tensors="pt")
    with torch.inference_mode():
        said = model.generate(**inputs, do_sample=False, max_new_tokens=new_tokens)
    return said[:, inputs["input_ids"].shape[1] :].tolist()


def say(answer):
    print(json.dumps(answer), flush=True)


say({"version": f"transformers {importlib.metadata.version('transformers')}, torch {torch.__version__}, {torch.get_num_threads()} threads"})
for line in sys.stdin:
    start = time.perf_counter()
    tokens = generate()
    say({"ms": 1000 * (time.perf_counter() - start), "tokens": tokens})
