"""Writes packages/models/test-fixtures/tiny-*: checkpoints of a few thousand parameters in the layouts of the Hugging Face hub, with what
transformers computes from them, which is what @fgam/models must compute.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install transformers==5.17.0 torch==2.13.0 tokenizers==0.23.2 pillow==12.3.0 \
        safetensors==0.8.0 numpy==2.4.6
    /tmp/venv/bin/python tools/make-tiny-checkpoints.py [FAMILY ...]
    /tmp/venv/bin/python tools/make-tiny-checkpoints.py --check FOLDER   # what transformers says of a folder that saveCheckpoint wrote

A family is a function in FAMILIES that builds its models and hands each to `write_fixture`, which adds to the checkpoint's folder:

    images/*.png          what the cases show
    expected.json         of each case: prompt, images, rendered prompt, tokens, greedy tokens and their log-probabilities
    expected.safetensors  CASE/pixel_values, CASE/visual (connector's output), CASE/hidden.I (0: embeddings, last: after the norm), CASE/logits
    batch                 in expected.json: all cases in one batch, padded on the left: greedy tokens and the largest difference from single runs

and, for families that call `write_training`, one batch of prompts with answers:

    training.json         its tokens, loss, gradients and weights after two AdamW updates (of each tensor its norm and a few entries), of all weights and of an adapter
    adapter/              that adapter (LoRA) in the layout of PEFT

Weights are random and large enough that no logit is near another; norms and biases are random too. Images are prepared with Pillow (transformers
5 prefers torchvision, whose bicubic filter rounds otherwise).
"""

import copy
import importlib.util
import json
import shutil
import sys
from pathlib import Path

_find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torchvision" else _find_spec(name, *rest)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers  # noqa: E402
from transformers import (  # noqa: E402
    AutoModelForImageTextToText,
    AutoProcessor,
    CLIPVisionConfig,
    GenerationConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil  # noqa: E402

FIXTURES = Path(__file__).parent.parent / "packages/models/test-fixtures"
NEW_TOKENS = 12
SENTENCES = [
    "USER: What is in the image? ASSISTANT: There is a small red circle above a large blue square.",
    "USER: Is there a green cross to the left of the circle? ASSISTANT: No, the cross is to the right.",
    "USER: How many squares are there? ASSISTANT: There are two squares and one circle in the picture.",
    "Look at both images. Which one shows the striped triangle? The first one does.",
]
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': '}}{% endif %}"
    "{# Render all images first #}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}"
    "{# Render all text next #}{% if message['role'] != 'assistant' %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' '}}{% endfor %}"
    "{% else %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}"
    "{% generation %}{{ content['text'] + ' '}}{% endgeneration %}{% endfor %}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)  # as llava-hf/llava-1.5-7b-hf has it


# --- What all families share -------------------------------------------------------------------------------------------------------------


def llama_tokenizer(pieces, added):
    """A tokenizer.json as LLaMA's: BPE over text with spaces as U+2581, bytes for what the vocabulary lacks; `added` tokens come last."""
    learned = Tokenizer(models.BPE(unk_token="<unk>"))
    learned.pre_tokenizer = pre_tokenizers.Metaspace()
    learned.train_from_iterator(SENTENCES, trainers.BpeTrainer(vocab_size=pieces, show_progress=False))
    model = json.loads(learned.to_str())["model"]
    first = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    vocabulary = {token: index for index, token in enumerate([*first, *sorted(model["vocab"], key=model["vocab"].get)])}
    merges = [tuple(pair) if isinstance(pair, list) else tuple(pair.split(" ")) for pair in model["merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", vocabulary["<s>"])]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in ("<unk>", "<s>", "</s>", *added)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=256,
    )


def picture(seed, width, height):
    """A smooth image with a few rectangles."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (4, 5, 3), dtype=np.uint8), "RGB")
    image = coarse.resize((width, height), Image.Resampling.BICUBIC)
    for _ in range(3):
        left, top = int(random.integers(0, width // 2)), int(random.integers(0, height // 2))
        box = (left, top, left + int(random.integers(6, width // 2)), top + int(random.integers(6, height // 2)))
        image.paste(tuple(int(c) for c in random.integers(0, 256, 3)), box)
    return image


# The last has the size that LLaVA's tower reads, so that nothing is resized.
PICTURES = {"wide": lambda: picture(1, 71, 50), "tall": lambda: picture(2, 39, 64), "exact": lambda: picture(3, 42, 42)}


def randomize(model, seed):
    """Random weights: matrices N(0, (1.5 / sqrt(in))^2), embeddings N(0, 0.4^2), norms around 1, biases around 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if "norm" in name or "layrnorm" in name:
                weight.copy_((1 if name.endswith("weight") else 0) + 0.2 * noise)
            elif name.endswith("bias"):
                weight.copy_(0.2 * noise)
            elif "embed" in name and "patch" not in name:
                weight.copy_(0.4 * noise)
            else:
                weight.copy_(noise * 1.5 / np.sqrt(np.prod(weight.shape[1:])))
    return model.eval()


def greedy(model, inputs, **more):
    """Greedy tokens after the prompt and their log-probabilities; refuses a tie that rounding could turn."""
    out = model.generate(
        **inputs, max_new_tokens=NEW_TOKENS, do_sample=False, return_dict_in_generate=True, output_logits=True, **more
    )
    steps = torch.stack(out.logits, 1)
    length = inputs["input_ids"].shape[1]
    tokens = out.sequences[:, length:]
    best = steps.topk(2, -1).values
    assert (best[..., 0] - best[..., 1]).min() > 5e-3, "two logits are nearly equal: take another seed"
    chosen = steps.log_softmax(-1).gather(-1, tokens[..., None])[..., 0]
    return tokens, chosen


def ended(row, eos):
    """The tokens of a row up to its end."""
    row = row.tolist()
    return row[: row.index(eos) + 1] if eos in row else row


def write_fixture(folder, model, processor, cases, visual_of, save=None):
    """A checkpoint's folder with what its model computes. `cases`: name -> (prompt, names of PICTURES); `visual_of(inputs)`: rows of the connector."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "images").mkdir(parents=True)
    model.save_pretrained(folder, max_shard_size="150KB")
    processor.save_pretrained(folder)
    if save is not None:
        save(folder)
    eos = model.generation_config.eos_token_id
    images = {name: make() for name, make in PICTURES.items()}
    for name, image in images.items():
        image.save(folder / "images" / f"{name}.png")
    tensors, expected = {}, {"cases": {}}
    for name, (prompt, shown) in cases.items():
        pictures = [images[key] for key in shown]
        inputs = processor(text=prompt, images=pictures or None, return_tensors="pt")
        with torch.no_grad():
            out = model(**inputs, output_hidden_states=True)
        tokens, chosen = greedy(model, inputs)
        uncached, _ = greedy(model, inputs, use_cache=False)
        assert torch.equal(tokens, uncached)
        own = {"logits": out.logits[0], **{f"hidden.{i}": state[0] for i, state in enumerate(out.hidden_states)}}
        if pictures:
            with torch.no_grad():
                own |= {"pixel_values": inputs["pixel_values"], "visual": visual_of(inputs)}
        tensors |= {f"{name}/{key}": value.contiguous() for key, value in own.items()}
        row = ended(tokens[0], eos)
        expected["cases"][name] = {
            "prompt": prompt,
            "images": [f"images/{key}.png" for key in shown],
            "input_ids": inputs["input_ids"][0].tolist(),
            "tokens": row,
            "logprobs": [round(x, 6) for x in chosen[0].tolist()[: len(row)]],
            "text": processor.tokenizer.decode(row, skip_special_tokens=True),
        }
    expected["batch"] = batched(model, processor, cases, images, tensors, eos)
    expected["chat"] = chat(processor)
    save_file(tensors, folder / "expected.safetensors")
    write_json(folder / "expected.json", expected)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{folder.name}: {sum(p.numel() for p in model.parameters())} parameters, {size} bytes")


def batched(model, processor, cases, images, tensors, eos):
    """All cases in one batch, padded on the left."""
    shown = [images[key] for _, names in cases.values() for key in names]
    per_prompt = [[images[key] for key in names] for _, names in cases.values()]
    inputs = processor(text=[prompt for prompt, _ in cases.values()], images=per_prompt if shown else None, padding=True, return_tensors="pt")
    mask = inputs["attention_mask"]
    with torch.no_grad():
        out = model(**inputs, position_ids=(mask.cumsum(-1) - 1).clamp(min=0))
    tokens, _ = greedy(model, inputs)
    worst = max(
        (out.logits[row][mask[row] == 1] - tensors[f"{name}/logits"]).abs().max().item() for row, name in enumerate(cases)
    )
    return {"tokens": [ended(row, eos) for row in tokens], "difference_from_single": worst}


def chat(processor):
    """Conversations as the chat template renders them."""
    image = {"type": "image"}
    text = lambda words: {"type": "text", "text": words}  # noqa: E731
    conversations = {
        "question": [{"role": "user", "content": [image, text("What is in the image?")]}],
        "text after": [{"role": "user", "content": [text("How many squares?"), image, image]}],
        "no image": [{"role": "user", "content": [text("How many squares?")]}],
        "revision": [
            {"role": "user", "content": [image, text("Is it red?")]},
            {"role": "assistant", "content": [text("It is blue.")]},
            {"role": "user", "content": [text("Look again.")]},
        ],
    }
    render = lambda messages: processor.apply_chat_template(messages, add_generation_prompt=True)  # noqa: E731
    return [{"name": name, "messages": messages, "text": render(messages)} for name, messages in conversations.items()]


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path):
    return json.loads(path.read_text())


# --- Training ----------------------------------------------------------------------------------------------------------------------------

ANSWERS = {
    "first": "There is a small red circle above a large blue square.",
    "two": "The first one does.",
    "none": "There are two squares and one circle in the picture.",
}
# An epsilon that is not small beside the gradients, so that the update depends on their sizes and not on their signs alone.
ADAMW = {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-3, "weight_decay": 0.1}
LORA = {"rank": 4, "alpha": 6, "targets": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]}
ENTRIES = 8


class LoraLinear(torch.nn.Module):
    """A frozen linear map and alpha / r B A (Hu et al. 2021), as PEFT computes it without dropout."""

    def __init__(self, base, rank, alpha, generator):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_A = torch.nn.Linear(base.in_features, rank, bias=False)
        self.lora_B = torch.nn.Linear(rank, base.out_features, bias=False)
        self.scaling = alpha / rank
        with torch.no_grad():  # B is not 0, as it is at the start, so that A has a gradient
            for layer in (self.lora_A, self.lora_B):
                layer.weight.copy_(0.3 * torch.randn(layer.weight.shape, generator=generator))

    def forward(self, x):
        return self.base(x) + self.lora_B(self.lora_A(x)) * self.scaling


def write_training(folder, model, processor, cases):
    """training.json and adapter/ of a checkpoint's folder: what torch's autograd and AdamW make of one batch."""
    images = {name: make() for name, make in PICTURES.items()}
    eos = model.generation_config.eos_token_id
    rows, pixels = [], []
    for name, answer in ANSWERS.items():
        prompt, shown = cases[name]
        inputs = processor(text=prompt, images=[images[key] for key in shown] or None, return_tensors="pt")
        said = processor.tokenizer(answer, add_special_tokens=False)["input_ids"] + [eos]
        rows.append((name, inputs["input_ids"][0].tolist(), said))
        if shown:
            pixels.append(inputs["pixel_values"])
    length = max(len(prompt) + len(answer) for _, prompt, answer in rows)
    ids, labels, mask = torch.zeros(len(rows), length, dtype=torch.long), torch.full((len(rows), length), -100), torch.zeros(len(rows), length)
    for row, (_, prompt, answer) in enumerate(rows):
        end = len(prompt) + len(answer)
        ids[row, :end] = torch.tensor(prompt + answer)
        labels[row, len(prompt) : end] = torch.tensor(answer)
        mask[row, :end] = 1
    batch = {"input_ids": ids, "labels": labels, "attention_mask": mask, "pixel_values": torch.cat(pixels)}
    whole = copy.deepcopy(model)
    adapted = copy.deepcopy(model).requires_grad_(False)
    generator = torch.Generator().manual_seed(29)
    language = adapted.model.language_model
    for name, module in list(language.named_modules()):
        parent, _, own = name.rpartition(".")
        if own in LORA["targets"]:
            setattr(language.get_submodule(parent), own, LoraLinear(module, LORA["rank"], LORA["alpha"], generator))
    write_adapter(folder / "adapter", adapted)
    write_json(
        folder / "training.json",
        {
            "rows": [{"case": name, "prompt_ids": prompt, "answer_ids": answer} for name, prompt, answer in rows],
            "optimizer": {key: list(value) if isinstance(value, tuple) else value for key, value in ADAMW.items()},
            "whole": trained(whole, batch),
            "lora": trained(adapted, batch),
        },
    )


def trained(model, batch):
    """Loss and gradients of a batch, and what two AdamW updates make of the trained weights."""
    weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    optimizer = torch.optim.AdamW(weights.values(), **ADAMW)
    result = {}
    for update in range(2):
        optimizer.zero_grad(set_to_none=True)
        loss = model(**batch).loss
        loss.backward()
        if update == 0:
            reached = [name for name, weight in weights.items() if weight.grad is not None]
            result["loss"] = loss.item()
            result["gradients"] = {name: compact(weights[name].grad) for name in reached}
            result["unreached"] = [name for name in weights if name not in reached]
        else:
            result["second_loss"] = loss.item()
        optimizer.step()
    result["after"] = {name: compact(weights[name].detach()) for name in reached}
    return result


def compact(tensor):
    """A tensor's norm and some entries that are spread over it, the largest among them."""
    flat = tensor.flatten()
    at = sorted({int(flat.abs().argmax()), *(i * (len(flat) - 1) // (ENTRIES - 1) for i in range(ENTRIES))})
    return {"norm": flat.double().norm().item(), "at": at, "values": [flat[i].item() for i in at]}


def write_adapter(folder, model):
    """The adapter of a model as PEFT's save_pretrained lays it out."""
    folder.mkdir()
    weights = {
        f"base_model.model.{name}": weight.detach().contiguous()
        for name, weight in model.named_parameters()
        if ".lora_A." in name or ".lora_B." in name
    }
    save_file(weights, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    write_json(
        folder / "adapter_config.json",
        {
            "base_model_name_or_path": None,
            "bias": "none",
            "fan_in_fan_out": False,
            "inference_mode": True,
            "init_lora_weights": True,
            "lora_alpha": LORA["alpha"],
            "lora_dropout": 0.0,
            "modules_to_save": None,
            "peft_type": "LORA",
            "r": LORA["rank"],
            "target_modules": r".*language_model.*\.(" + "|".join(LORA["targets"]) + ")",
            "task_type": "CAUSAL_LM",
        },
    )


# --- LLaVA-1.5 ---------------------------------------------------------------------------------------------------------------------------

LLAVA_CASES = {
    "first": ("USER: <image>\nWhat is in the image? ASSISTANT:", ["exact"]),
    "middle": ("Look at the picture. <image> Is the circle red?", ["tall"]),
    "two": ("USER: <image>\n<image>\nWhich one shows a square? ASSISTANT:", ["tall", "wide"]),
    "none": ("USER: How many squares are there? Ünï ASSISTANT:", []),
}


def make_llava():
    tokenizer = llama_tokenizer(60, ["<image>", "<pad>"])
    image_id, pad_id = tokenizer.convert_tokens_to_ids(["<image>", "<pad>"])
    for name, text, seed, save in (
        # Grouped queries, as transformers 5 writes it.
        ("tiny-llava", {"hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1}, 11, None),
        # Every head with keys of its own, in the layout of llava-hf/llava-1.5-7b-hf (transformers 4).
        ("tiny-llava-4x", {"hidden_size": 32, "num_attention_heads": 4}, 13, llava_as_version_4),
    ):
        config = LlavaConfig(
            vision_config=CLIPVisionConfig(
                hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=2, image_size=42, patch_size=14, projection_dim=32
            ),
            text_config=LlamaConfig(
                vocab_size=-(-len(tokenizer) // 16) * 16,
                intermediate_size=80,
                num_hidden_layers=2,
                max_position_embeddings=256,
                rms_norm_eps=1e-5,
                bos_token_id=1,
                eos_token_id=2,
                **text,
            ),
            image_token_index=image_id,
            image_seq_length=9,
            pad_token_id=pad_id,
        )
        model = randomize(LlavaForConditionalGeneration(config), seed)
        model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=pad_id)
        size = config.vision_config.image_size
        processor = LlavaProcessor(
            image_processor=CLIPImageProcessorPil(size={"shortest_edge": size}, crop_size={"height": size, "width": size}),
            tokenizer=tokenizer,
            patch_size=14,
            vision_feature_select_strategy="default",
            num_additional_image_tokens=1,
            chat_template=CHAT_TEMPLATE,
        )
        visual_of = lambda inputs: torch.stack(list(model.get_image_features(inputs["pixel_values"]).pooler_output))  # noqa: B023, E731
        write_fixture(FIXTURES / name, model, processor, LLAVA_CASES, visual_of, save)
        write_training(FIXTURES / name, model, processor, LLAVA_CASES)


def llava_as_version_4(folder):
    """Rewrites a folder of transformers 5 as the hub has LLaVA-1.5: names, spelling of the config, files of the processor."""
    index = read_json(folder / "model.safetensors.index.json")
    for shard in sorted(set(index["weight_map"].values())):
        weights = load_file(folder / shard)
        save_file({llava_name_4(name): weight for name, weight in weights.items()}, folder / shard, metadata={"format": "pt"})
    index["weight_map"] = {llava_name_4(name): shard for name, shard in index["weight_map"].items()}
    write_json(folder / "model.safetensors.index.json", index)
    config = read_json(folder / "config.json")
    text, vision = config["text_config"], config["vision_config"]
    rope = text.pop("rope_parameters")
    config.pop("dtype", None)
    text.pop("dtype", None)
    vision.pop("dtype", None)
    config |= {"torch_dtype": "float32", "transformers_version": "4.36.0", "ignore_index": -100, "image_token_index": config["image_token_index"]}
    text |= {"rope_theta": rope["rope_theta"], "rope_scaling": None, "torch_dtype": "float32"}
    write_json(folder / "config.json", config)
    processor = read_json(folder / "processor_config.json")
    preprocessor = processor.pop("image_processor")
    preprocessor |= {"image_processor_type": "CLIPImageProcessor", "processor_class": "LlavaProcessor"}
    write_json(folder / "preprocessor_config.json", preprocessor)
    write_json(folder / "processor_config.json", {key: value for key, value in processor.items() if not isinstance(value, dict)})
    template = (folder / "chat_template.jinja").read_text()
    (folder / "chat_template.jinja").unlink()
    write_json(folder / "chat_template.json", {"chat_template": template})
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    write_json(folder / "special_tokens_map.json", special)


def llava_name_4(name):
    """`vision_tower.encoder...` as transformers 5 writes it -> `vision_tower.vision_model.encoder...`."""
    return name.replace("vision_tower.", "vision_tower.vision_model.", 1)


FAMILIES = {"llava": make_llava}


# --- Folders that @fgam/models wrote ------------------------------------------------------------------------------------------------------


def check(folder):
    """Loads a folder with transformers, warnings and all, and prints as JSON what it has missed and what it says to each case's prompt."""
    expected = read_json(folder / "expected.json")
    model, info = AutoModelForImageTextToText.from_pretrained(folder, output_loading_info=True)
    processor = AutoProcessor.from_pretrained(folder, use_fast=False)
    result = {"missing": sorted(info["missing_keys"]), "unexpected": sorted(info["unexpected_keys"]), "cases": {}}
    for name, case in expected["cases"].items():
        pictures = [Image.open(folder / path).convert("RGB") for path in case["images"]]
        inputs = processor(text=case["prompt"], images=pictures or None, return_tensors="pt")
        tokens, _ = greedy(model.eval(), inputs)
        row = ended(tokens[0], model.generation_config.eos_token_id)
        result["cases"][name] = {"tokens": row, "same": row == case["tokens"]}
    print(json.dumps(result, indent=1))


def main(arguments):
    torch.set_num_threads(1)
    if arguments[:1] == ["--check"]:
        return check(Path(arguments[1]))
    for family in arguments or FAMILIES:
        FAMILIES[family]()


main(sys.argv[1:])
