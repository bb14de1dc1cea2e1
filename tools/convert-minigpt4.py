"""Puts MiniGPT-4 together from what is published of it: a folder that @fgam/models reads.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch==2.13.0 safetensors==0.8.0
    /tmp/venv/bin/python tools/convert-minigpt4.py --blip2 blip2-flan-t5-xxl --llama vicuna-7b-v0 --projection pretrained_minigpt4_7b.pth minigpt4-7b

MiniGPT-4 (Zhu et al. 2023, arXiv:2304.10592) is BLIP-2's vision tower and Q-Former, as trained with FLAN-T5-XXL, one linear map of its own and Vicuna v0. Only
the map is in its .pth files (`model` -> `llama_proj.weight`, `llama_proj.bias`); the rest comes from folders in Hugging Face's layout. What is written:

    config.json                       model_type `minigpt4`; vision_config, qformer_config, num_query_tokens: BLIP-2's; text_config: LLaMA's;
                                      image_token_index: of <ImageHere>
    model-*.safetensors, its index    vision_model.*, query_tokens, qformer.*: BLIP-2's; language_projection.*: llama_proj; language_model.*: LLaMA's;
                                      element types as they were
    tokenizer.json                    LLaMA's and <ImageHere>
    preprocessor_config.json          BLIP's image processor at the tower's size
    generation_config.json            LLaMA's, and `stop_strings`: an answer ends at ###
    chat_template.jinja               ###Human: <Img><ImageHere></Img> QUESTION ###Assistant:

<ImageHere> needs rows in the embedding and the head, though neither is looked at: copies of those of the first token, <unk>, which never wins over the first.
LLaMA's folder must have tokenizer.json, in the form that puts a space before each piece of text between special tokens, as MiniGPT-4's own code reads them.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

IMAGE_TOKEN = "<ImageHere>"
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'user' %}{{ '###Human: ' }}{% elif message['role'] == 'assistant' %}{{ '###Assistant: ' }}{% endif %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<Img><ImageHere></Img> ' }}{% endfor %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' ' }}{% endfor %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '###Assistant:' }}{% endif %}"
)
CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]


def read_json(path):
    return json.loads(path.read_text())


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def stored(folder, wanted):
    """Names and tensors of a folder's weight files whose names pass, one at a time."""
    files = sorted(folder.glob("*.safetensors"))
    for file in files:
        with safe_open(file, framework="pt") as tensors:
            for name in filter(wanted, tensors.keys()):
                yield name, tensors.get_tensor(name)
    if files:
        return
    pickles = sorted(folder.glob("pytorch_model*.bin"))
    if not pickles:
        raise SystemExit(f"{folder}: expected *.safetensors or pytorch_model*.bin, found none")
    for file in pickles:
        for name, tensor in torch.load(file, map_location="cpu", weights_only=True, mmap=True).items():
            if wanted(name):
                yield name, tensor.clone()


def projection(path, former, vision):
    """`llama_proj` of a published .pth."""
    state = torch.load(path, map_location="cpu", weights_only=True)["model"]
    if set(state) != {"llama_proj.weight", "llama_proj.bias"}:
        raise SystemExit(f"{path}: expected llama_proj.weight and llama_proj.bias in `model`, got {', '.join(sorted(state))}")
    width = state["llama_proj.weight"].shape[1]
    if width == 4 * vision:
        raise SystemExit(f"{path}: it joins four patches of {vision}, as MiniGPT-4 on LLaMA 2 does: made without a Q-Former, which is not read")
    if width != former:
        raise SystemExit(f"{path}: expected a map from the Q-Former's width {former}, got {width}")
    return {"language_projection." + name.rpartition(".")[2]: tensor.contiguous() for name, tensor in state.items()}


def language_model(folder):
    """LLaMA's weights under the names of the whole, <ImageHere>'s rows added."""
    for name, tensor in stored(folder, lambda name: not name.endswith(".rotary_emb.inv_freq")):
        if name in ("model.embed_tokens.weight", "lm_head.weight"):
            tensor = torch.cat([tensor, tensor[:1]])
        yield "language_model." + name, tensor


class Shards:
    """Writes weights to model-*.safetensors of a bounded size, and the index."""

    def __init__(self, folder, most):
        self.folder, self.most = folder, most
        self.files, self.current, self.size, self.total = [], {}, 0, 0

    def add(self, name, tensor):
        size = tensor.numel() * tensor.element_size()
        if self.current and self.size + size > self.most:
            self.flush()
        self.current[name] = tensor.contiguous()
        self.size += size
        self.total += size

    def flush(self):
        path = self.folder / f"part-{len(self.files)}.safetensors"
        save_file(self.current, path, metadata={"format": "pt"})
        self.files.append((path, list(self.current)))
        self.current, self.size = {}, 0

    def close(self):
        self.flush()
        weight_map = {}
        for i, (path, names) in enumerate(self.files):
            name = f"model-{i + 1:05d}-of-{len(self.files):05d}.safetensors"
            path.rename(self.folder / name)
            weight_map |= dict.fromkeys(names, name)
        index = {"metadata": {"total_size": self.total}, "weight_map": dict(sorted(weight_map.items()))}
        write_json(self.folder / "model.safetensors.index.json", index)


def convert(blip2, llama, pth, out, shard_bytes=5_000_000_000):
    """Writes the folder."""
    seen, text = read_json(blip2 / "config.json"), read_json(llama / "config.json")
    vision, former = seen.get("vision_config", {}), seen.get("qformer_config", {})
    linear = projection(pth, former.get("hidden_size", 768), vision.get("hidden_size", 1408))
    if linear["language_projection.weight"].shape[0] != text["hidden_size"]:
        raise SystemExit(f"{pth}: expected a map to LLaMA's width {text['hidden_size']}, got {linear['language_projection.weight'].shape[0]}")
    if not (llama / "tokenizer.json").exists():
        raise SystemExit(f"{llama}: expected tokenizer.json, found none")
    out.mkdir(parents=True, exist_ok=True)
    image_id = text["vocab_size"]
    shards = Shards(out, shard_bytes)
    for name, tensor in stored(blip2, lambda name: name.startswith(("vision_model.", "qformer.")) or name == "query_tokens"):
        shards.add(name, tensor)
    for name, tensor in [*linear.items(), *language_model(llama)]:
        shards.add(name, tensor)
    shards.close()

    tokenizer = read_json(llama / "tokenizer.json")
    tokenizer["added_tokens"].append(
        {"id": image_id, "content": IMAGE_TOKEN, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    )
    write_json(out / "tokenizer.json", tokenizer)
    settings = llama / "tokenizer_config.json"
    if settings.exists():
        write_json(out / "tokenizer_config.json", {key: value for key, value in read_json(settings).items() if key != "chat_template"})
    side = vision.get("image_size", 224)
    write_json(
        out / "preprocessor_config.json",
        {
            "image_processor_type": "BlipImageProcessor",
            "do_convert_rgb": True,
            "do_resize": True,
            "size": {"height": side, "width": side},
            "resample": 3,
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": True,
            "image_mean": CLIP_MEAN,
            "image_std": CLIP_STD,
        },
    )
    own = llama / "generation_config.json"
    kept = read_json(own) if own.exists() else {key: text[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id") if text.get(key) is not None}
    write_json(out / "generation_config.json", kept | {"stop_strings": ["###"]})
    (out / "chat_template.jinja").write_text(CHAT_TEMPLATE)
    # Last: without it the folder is no model's.
    write_json(
        out / "config.json",
        {
            "architectures": ["MiniGPT4"],
            "model_type": "minigpt4",
            "image_token_index": image_id,
            "num_query_tokens": seen.get("num_query_tokens", 32),
            "vision_config": vision,
            "qformer_config": former,
            "text_config": text | {"vocab_size": image_id + 1},
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blip2", type=Path, required=True, help="folder of BLIP-2 on FLAN-T5-XXL")
    parser.add_argument("--llama", type=Path, required=True, help="folder of Vicuna v0")
    parser.add_argument("--projection", type=Path, required=True, help="MiniGPT-4's .pth")
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    convert(given.blip2, given.llama, given.projection, given.out)
