"""Writes packages/models/test-fixtures/tiny-*: checkpoints of a few thousand parameters in the layouts of the Hugging Face hub, with what
transformers computes from them, which is what @fgam/models must compute.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install transformers==5.17.0 torch==2.13.0 tokenizers==0.23.2 pillow==12.3.0 \
        safetensors==0.8.0 numpy==2.4.6
    /tmp/venv/bin/python tools/make-tiny-checkpoints.py [FAMILY ...]
    /tmp/venv/bin/python tools/make-tiny-checkpoints.py --check FOLDER   # what transformers says of a folder that saveCheckpoint wrote

A family is a function in FAMILIES that builds its models and hands each to `write_fixture`, which adds to the checkpoint's folder:

    images/*.png          what the cases show
    expected.json         of each case: prompt, images, rendered prompt, tokens, greedy tokens and their log-probabilities
    expected.safetensors  CASE/pixel_values, CASE/visual (connector's output: [N, M, D], or one image after another where they differ in size; CASE/tower
                          and CASE/queries with a Q-Former), CASE/hidden.I (0: embeddings, last: after the norm), CASE/logits
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
import re
import shutil
import string
import sys
import tempfile
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
    BertTokenizer,
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2Processor,
    CLIPVisionConfig,
    GenerationConfig,
    InstructBlipConfig,
    InstructBlipForConditionalGeneration,
    InstructBlipProcessor,
    LlamaConfig,
    LlamaForCausalLM,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    OPTConfig,
    PreTrainedTokenizerFast,
    Qwen2Tokenizer,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    Qwen2VLProcessor,
)
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil  # noqa: E402
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil  # noqa: E402
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil  # noqa: E402

# Its processor of videos wants torchvision; without one it is a processor of images.
Qwen2VLProcessor.get_attributes = classmethod(lambda cls: ["image_processor", "tokenizer"])

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
# More pixels than Qwen2-VL's processor is told to take, fewer than the least, and an edge at half a step, which Python rounds to the even side.
QWEN_PICTURES = {"wide": lambda: picture(1, 150, 90), "tall": lambda: picture(2, 25, 44), "half": lambda: picture(3, 70, 57)}


def randomize(model, seed):
    """Random weights: matrices N(0, (1.5 / sqrt(in))^2), embeddings N(0, 0.4^2), norms around 1, biases around 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if "norm" in name.lower() or "layrnorm" in name:
                weight.copy_((1 if name.endswith("weight") else 0) + 0.2 * noise)
            elif name.endswith("bias"):
                weight.copy_(0.2 * noise)
            elif ("embed" in name and "patch" not in name) or name.endswith("query_tokens"):
                weight.copy_(0.4 * noise)
            else:
                weight.copy_(noise * 1.5 / np.sqrt(np.prod(weight.shape[1:])))
    return model.eval()


def greedy(model, inputs, refuses_ties=True, **more):
    """Greedy tokens after the prompt and their log-probabilities; refuses a tie that rounding could turn, unless told otherwise."""
    out = model.generate(
        **inputs, max_new_tokens=NEW_TOKENS, do_sample=False, return_dict_in_generate=True, output_logits=True, **more
    )
    steps = torch.stack(out.logits, 1)
    length = inputs["input_ids"].shape[1]
    tokens = out.sequences[:, length:]
    best = steps.topk(2, -1).values
    assert not refuses_ties or (best[..., 0] - best[..., 1]).min() > 5e-3, "two logits are nearly equal: take another seed"
    chosen = steps.log_softmax(-1).gather(-1, tokens[..., None])[..., 0]
    return tokens, chosen


def ended(row, eos):
    """The tokens of a row up to its end."""
    row = row.tolist()
    return row[: row.index(eos) + 1] if eos in row else row


def write_fixture(folder, model, processor, cases, visual_of, save=None, parts_of=lambda inputs: {}, pictures=PICTURES):
    """A checkpoint's folder with what its model computes. `cases`: name -> (prompt, names of `pictures`); `visual_of(inputs)`: rows of the connector;
    `parts_of(inputs)`: what else of the vision side is kept."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "images").mkdir(parents=True)
    model.save_pretrained(folder, max_shard_size="150KB")
    processor.save_pretrained(folder)
    if save is not None:
        save(folder)
    eos = model.generation_config.eos_token_id
    images = {name: make() for name, make in pictures.items()}
    for name, image in images.items():
        image.save(folder / "images" / f"{name}.png")
    tensors, expected = {}, {"cases": {}}
    for name, (prompt, shown) in cases.items():
        seen = [images[key] for key in shown]
        inputs = processor(text=prompt, images=seen or None, return_tensors="pt")
        with torch.no_grad():
            out = model(**inputs, output_hidden_states=True)
        tokens, chosen = greedy(model, inputs)
        uncached, _ = greedy(model, inputs, use_cache=False)
        assert torch.equal(tokens, uncached)
        own = {"logits": out.logits[0], **{f"hidden.{i}": state[0] for i, state in enumerate(out.hidden_states)}}
        if seen:
            with torch.no_grad():
                own |= {"pixel_values": inputs["pixel_values"], "visual": visual_of(inputs), **parts_of(inputs)}
        tensors |= {f"{name}/{key}": value.contiguous() for key, value in own.items()}
        row = ended(tokens[0], eos)
        expected["cases"][name] = {
            "prompt": prompt,
            "images": [f"images/{key}.png" for key in shown],
            "input_ids": inputs["input_ids"][0].tolist(),
            **{key: inputs[key][0].tolist() for key in ("qformer_input_ids",) if key in inputs},
            "tokens": row,
            "logprobs": [round(x, 6) for x in chosen[0].tolist()[: len(row)]],
            "text": processor.tokenizer.decode(row, skip_special_tokens=True),
        }
        if "image_grid_thw" in inputs:
            # Patches down and across: images of a case need not have the same shape.
            expected["cases"][name]["grids"] = inputs["image_grid_thw"][:, 1:].tolist()
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
        # Qwen2-VL counts positions by itself, rows and columns of images too.
        counted = {} if "mm_token_type_ids" in inputs else {"position_ids": (mask.cumsum(-1) - 1).clamp(min=0)}
        out = model(**inputs, **counted)
    tokens, _ = greedy(model, inputs)
    worst = max(
        (out.logits[row][mask[row] == 1] - tensors[f"{name}/logits"]).abs().max().item() for row, name in enumerate(cases)
    )
    return {"tokens": [ended(row, eos) for row in tokens], "difference_from_single": worst}


def chat(processor):
    """Conversations as the chat template renders them; none without a template."""
    if processor.chat_template is None:
        return []
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


def write_training(folder, model, processor, cases, language, stored_name=lambda name: name, pictures=PICTURES):
    """training.json and adapter/ of a checkpoint's folder: what torch's autograd and AdamW make of one batch. `language(model)`: the module that an adapter
    is put into; `stored_name(name)`: what the checkpoint's files call a parameter."""
    images = {name: make() for name, make in pictures.items()}
    eos = model.generation_config.eos_token_id
    rows, seen = [], []
    for name, answer in ANSWERS.items():
        prompt, shown = cases[name]
        inputs = processor(text=prompt, images=[images[key] for key in shown] or None, return_tensors="pt")
        said = processor.tokenizer(answer, add_special_tokens=False)["input_ids"] + [eos]
        rows.append((name, inputs["input_ids"][0].tolist(), said))
        if shown:
            seen.append(inputs)
    length = max(len(prompt) + len(answer) for _, prompt, answer in rows)
    ids, labels, mask = torch.zeros(len(rows), length, dtype=torch.long), torch.full((len(rows), length), -100), torch.zeros(len(rows), length)
    for row, (_, prompt, answer) in enumerate(rows):
        end = len(prompt) + len(answer)
        ids[row, :end] = torch.tensor(prompt + answer)
        labels[row, len(prompt) : end] = torch.tensor(answer)
        mask[row, :end] = 1
    batch = {"input_ids": ids, "labels": labels, "attention_mask": mask} | seen_in(seen)
    if "image_grid_thw" in batch:
        batch["mm_token_type_ids"] = (ids == model.config.image_token_id).long()
    whole = copy.deepcopy(model)
    adapted = copy.deepcopy(model).requires_grad_(False)
    generator = torch.Generator().manual_seed(29)
    inner = language(adapted)
    for name, module in list(inner.named_modules()):
        parent, _, own = name.rpartition(".")
        if own in LORA["targets"]:
            setattr(inner.get_submodule(parent), own, LoraLinear(module, LORA["rank"], LORA["alpha"], generator))
    write_adapter(folder / "adapter", adapted, stored_name)
    write_json(
        folder / "training.json",
        {
            "rows": [
                {"case": name, "prompt_ids": prompt, "answer_ids": answer, **instructions_of(inputs)}
                for (name, prompt, answer), inputs in zip(rows, [*seen, {}])
            ],
            "optimizer": {key: list(value) if isinstance(value, tuple) else value for key, value in ADAMW.items()},
            "whole": trained(whole, batch, stored_name),
            "lora": trained(adapted, batch, stored_name),
        },
    )


def seen_in(inputs):
    """What the vision side reads of several prompts, one image after another; instructions padded on the right."""
    batch = {key: torch.cat([each[key] for each in inputs]) for key in ("pixel_values", "image_grid_thw") if key in inputs[0]}
    if "qformer_input_ids" in inputs[0]:
        asked = [row.tolist() for each in inputs for row in each["qformer_input_ids"]]
        batch |= {f"qformer_{key}": value for key, value in padded(asked, 0, "right").items()}
    return batch


def instructions_of(inputs):
    """The prompt in the Q-Former's tokens: the same for all images of a row."""
    return {"instruction_ids": inputs["qformer_input_ids"][0].tolist()} if "qformer_input_ids" in inputs else {}


def trained(model, batch, stored_name):
    """Loss and gradients of a batch, and what two AdamW updates make of the trained weights."""
    weights = {stored_name(name): weight for name, weight in model.named_parameters() if weight.requires_grad}
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


def write_adapter(folder, model, stored_name):
    """The adapter of a model as PEFT's save_pretrained lays it out."""
    folder.mkdir()
    weights = {
        f"base_model.model.{stored_name(name)}": weight.detach().contiguous()
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
        write_training(FIXTURES / name, model, processor, LLAVA_CASES, lambda model: model.model.language_model)


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


# --- Qwen2-VL ----------------------------------------------------------------------------------------------------------------------------

QWEN_ADDED = [
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>"),
    *("<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"),
]
QWEN_TEMPLATE = (
    "{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}"
    "{% for content in message['content'] %}"
    "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}{% set image_count.value = image_count.value + 1 %}"
    "{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif content['type'] == 'video' or 'video' in content %}{% set video_count.value = video_count.value + 1 %}"
    "{% if add_vision_id %}Video {{ video_count.value }}: {% endif %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)  # as Qwen/Qwen2-VL-2B-Instruct has it
QWEN_IMAGE = "<|vision_start|><|image_pad|><|vision_end|>"
QWEN_CASES = {
    "first": (f"<|im_start|>user\n{QWEN_IMAGE}What is in the image?<|im_end|>\n<|im_start|>assistant\n", ["wide"]),
    "middle": (f"Look at the picture. {QWEN_IMAGE} Isn't the circle  red?", ["tall"]),
    "two": (f"<|im_start|>user\n{QWEN_IMAGE}{QWEN_IMAGE}Which one shows 12 squares?<|im_end|>\n<|im_start|>assistant\n", ["tall", "half"]),
    "none": ("<|im_start|>user\nHow many squares are there? \u00dcn\u00ef u\u0308 \u4e2d\n\n<|im_end|>\n<|im_start|>assistant\n", []),
}


def qwen_tokenizer(pieces):
    """Qwen2's tokenizer over a vocabulary of all bytes and `pieces` merges."""
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learned.train_from_iterator(
        SENTENCES, trainers.BpeTrainer(vocab_size=len(alphabet) + pieces, initial_alphabet=alphabet, show_progress=False)
    )
    model = json.loads(learned.to_str())["model"]
    tokenizer = Qwen2Tokenizer(
        vocab=model["vocab"],
        merges=[tuple(merge) for merge in model["merges"]],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=256,
    )
    tokenizer.add_special_tokens({"additional_special_tokens": QWEN_ADDED})
    return tokenizer


def make_qwen2_vl():
    tokenizer = qwen_tokenizer(40)
    ids = dict(zip(QWEN_ADDED, tokenizer.convert_tokens_to_ids(QWEN_ADDED)))
    ends = {"bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"], "pad_token_id": ids["<|endoftext|>"]}
    config = Qwen2VLConfig(
        vision_config={"depth": 2, "embed_dim": 32, "num_heads": 2, "mlp_ratio": 2, "hidden_size": 32},
        text_config={
            "vocab_size": -(-len(tokenizer) // 16) * 16,
            "hidden_size": 32,
            "intermediate_size": 80,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "max_position_embeddings": 256,
            "max_window_layers": 2,
            "rms_norm_eps": 1e-6,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
            **ends,
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        tie_word_embeddings=True,
    )
    model = randomize(Qwen2VLForConditionalGeneration(config), 17)
    model.generation_config = GenerationConfig(**ends)
    processor = Qwen2VLProcessor(
        image_processor=Qwen2VLImageProcessorPil(size={"shortest_edge": 2 * 28 * 28, "longest_edge": 8 * 28 * 28}),
        tokenizer=tokenizer,
        chat_template=QWEN_TEMPLATE,
    )
    visual_of = lambda inputs: torch.cat(list(model.model.get_image_features(inputs["pixel_values"], inputs["image_grid_thw"]).pooler_output))  # noqa: E731
    folder = FIXTURES / "tiny-qwen2-vl"
    write_fixture(folder, model, processor, QWEN_CASES, visual_of, pictures=QWEN_PICTURES)
    write_training(folder, model, processor, QWEN_CASES, lambda model: model.model.language_model, pictures=QWEN_PICTURES)


# --- Models with a Q-Former --------------------------------------------------------------------------------------------------------------

VISION = {"hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 3, "num_attention_heads": 2, "image_size": 42, "patch_size": 14}
FORMER = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "max_position_embeddings": 80}
QUERIES = 5
BLIP_CASES = {
    "first": ("What is in the image?", ["exact"]),
    "middle": ("Is there a green cross to the left of the small red circle above the large blue square?", ["exact"]),
    "two": ("Look at both images. Which one shows the striped square?", ["tall", "wide"]),
    "none": ("How many squares are there? Ünï", []),
}
MINIGPT4_CASES = {
    "first": ("###Human: <Img><ImageHere></Img> What is in the image? ###Assistant:", ["exact"]),
    "middle": ("Look at the picture. <Img><ImageHere></Img> Is the circle red?###", ["tall"]),
    "two": ("###Human: <Img><ImageHere></Img><Img><ImageHere></Img> Which one shows a square? ###Assistant:", ["tall", "wide"]),
    "none": ("###Human: How many squares are there? Ünï ###Assistant:", []),
}


def tiny_llama(vocabulary):
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=80,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=256,
        rms_norm_eps=1e-5,
        bos_token_id=1,
        eos_token_id=2,
    )


def bert_tokenizer():
    """A tokenizer as BERT's: words of small letters, else their letters, [CLS] and [SEP] around them; [DEC] as InstructBLIP has it."""
    words = sorted({word for sentence in SENTENCES[:2] for word in re.findall("[a-z]{2,}", sentence.lower())})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *string.ascii_lowercase, *"?.,:", *(f"##{letter}" for letter in string.ascii_lowercase), *words]
    tokenizer = BertTokenizer(vocab={piece: index for index, piece in enumerate(pieces)})
    tokenizer.add_special_tokens({"bos_token": "[DEC]"})
    return tokenizer


def blip_images():
    return BlipImageProcessorPil(size={"height": VISION["image_size"], "width": VISION["image_size"]})


class BlipModel(torch.nn.Module):
    """InstructBLIP or BLIP-2 as `write_fixture` calls it: its language model's output; a text alone goes to the language model."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.generation_config = model.generation_config
        model.language_model.generation_config = model.generation_config

    def save_pretrained(self, folder, **more):
        self.model.save_pretrained(folder, **more)

    def forward(self, pixel_values=None, **inputs):
        if pixel_values is None:
            return self.model.language_model(**inputs)
        return self.model(pixel_values=pixel_values, **inputs).language_model_outputs

    def generate(self, pixel_values=None, **inputs):
        if pixel_values is None:
            return self.model.language_model.generate(**inputs)
        return self.model.generate(pixel_values=pixel_values, **inputs)

    def seen(self, inputs):
        more = {key: value for key, value in inputs.items() if key.startswith("qformer")}
        return self.model.get_image_features(inputs["pixel_values"], **more)

    def visual_of(self, inputs):
        return self.seen(inputs).pooler_output

    def parts_of(self, inputs):
        seen = self.seen(inputs)
        return {"tower": seen.last_hidden_state, "queries": seen.qformer_outputs.last_hidden_state[:, :QUERIES]}


class BlipPrompts:
    """Their processors for any number of images, which come first, and whole padding on the left. For one image it asserts what the processor says."""

    def __init__(self, processor):
        self.processor, self.tokenizer, self.chat_template = processor, processor.tokenizer, None
        self.former = getattr(processor, "qformer_tokenizer", None)

    def save_pretrained(self, folder):
        self.processor.save_pretrained(folder)

    def __call__(self, text, images=None, return_tensors="pt", padding=False):
        prompts, shown = ([text], [images or []]) if isinstance(text, str) else (text, images)
        image_id = self.tokenizer.convert_tokens_to_ids("<image>")
        rows = [[image_id] * QUERIES * len(own) + self.tokenizer(prompt)["input_ids"] for prompt, own in zip(prompts, shown)]
        asked = [self.former(prompt)["input_ids"] for prompt, own in zip(prompts, shown) for _ in own] if self.former else []
        for prompt, own, row in zip(prompts, shown, rows):
            if len(own) == 1:
                theirs = self.processor(text=prompt, images=own, return_tensors="pt")
                assert theirs["input_ids"][0].tolist() == row
                assert not asked or theirs["qformer_input_ids"][0].tolist() == self.former(prompt)["input_ids"]
        inputs = padded(rows, self.tokenizer.pad_token_id, "left")
        pictures = [picture for own in shown for picture in own]
        if pictures:
            inputs["pixel_values"] = self.processor.image_processor(pictures, return_tensors="pt")["pixel_values"]
            if self.former:
                inputs |= {f"qformer_{key}": value for key, value in padded(asked, 0, "right").items()}
        return inputs


def padded(rows, pad, side):
    length = max(map(len, rows))
    fill = lambda row, value: [value] * (length - len(row)) + row if side == "left" else row + [value] * (length - len(row))  # noqa: E731
    return {
        "input_ids": torch.tensor([fill(row, pad) for row in rows]),
        "attention_mask": torch.tensor([fill([1] * len(row), 0) for row in rows]),
    }


def write_blip(name, model, processor, seed, pad_id):
    model = randomize(model, seed)
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=pad_id)
    whole = BlipModel(model)
    prompts = BlipPrompts(processor)
    write_fixture(FIXTURES / name, whole, prompts, BLIP_CASES, whole.visual_of, parts_of=whole.parts_of)
    write_training(FIXTURES / name, model, prompts, BLIP_CASES, lambda model: model.language_model)


def make_instructblip():
    tokenizer, former = llama_tokenizer(60, ["<image>", "<pad>"]), bert_tokenizer()
    image_id, pad_id = tokenizer.convert_tokens_to_ids(["<image>", "<pad>"])
    config = InstructBlipConfig(
        vision_config=VISION,
        qformer_config=FORMER | {"vocab_size": len(former)},
        text_config=tiny_llama(-(-len(tokenizer) // 16) * 16),
        num_query_tokens=QUERIES,
        image_token_index=image_id,
    )
    processor = InstructBlipProcessor(blip_images(), tokenizer, former, num_query_tokens=QUERIES)
    write_blip("tiny-instructblip", InstructBlipForConditionalGeneration(config), processor, 21, pad_id)


def make_blip2():
    tokenizer = llama_tokenizer(60, ["<image>", "<pad>"])
    image_id, pad_id = tokenizer.convert_tokens_to_ids(["<image>", "<pad>"])
    config = Blip2Config(
        vision_config=VISION | {"qkv_bias": False},
        qformer_config=FORMER | {"num_hidden_layers": 2},
        text_config=tiny_llama(-(-len(tokenizer) // 16) * 16),
        num_query_tokens=QUERIES,
        image_token_index=image_id,
    )
    processor = Blip2Processor(blip_images(), tokenizer, num_query_tokens=QUERIES)
    write_blip("tiny-blip2", Blip2ForConditionalGeneration(config), processor, 23, pad_id)


class MiniGPT4(torch.nn.Module):
    """transformers has none: BLIP-2's tower and Q-Former, a linear map and LLaMA put together here, embeddings spliced as MiniGPT-4's own code does."""

    def __init__(self, blip2, llama, linear, image_id):
        super().__init__()
        self.vision_model, self.qformer, self.query_tokens = blip2.vision_model, blip2.qformer, blip2.query_tokens
        self.linear, self.llama, self.image_id = linear, llama, image_id
        self.generation_config = llama.generation_config

    def save_pretrained(self, folder, **_):
        """The converter writes it."""

    def parts_of(self, inputs):
        image = self.vision_model(inputs["pixel_values"]).last_hidden_state
        queries = self.query_tokens.expand(len(image), -1, -1)
        return {"tower": image, "queries": self.qformer(query_embeds=queries, encoder_hidden_states=image).last_hidden_state}

    def visual_of(self, inputs):
        return self.linear(self.parts_of(inputs)["queries"])

    def embeddings(self, input_ids, **inputs):
        words = self.llama.get_input_embeddings()(input_ids)
        if "pixel_values" in inputs:
            words[input_ids == self.image_id] = self.visual_of(inputs).flatten(0, 1)
        return words

    def forward(self, input_ids, pixel_values=None, **inputs):
        seen = {} if pixel_values is None else {"pixel_values": pixel_values}
        return self.llama(inputs_embeds=self.embeddings(input_ids, **seen), **inputs)

    @torch.no_grad()
    def generate(self, input_ids, pixel_values=None, **inputs):
        seen = {} if pixel_values is None else {"pixel_values": pixel_values}
        return self.llama.generate(input_ids=input_ids, inputs_embeds=self.embeddings(input_ids, **seen), **inputs)


class MiniGPT4Prompts:
    """Prompts as MiniGPT-4's own code reads them: cut at <ImageHere>, each piece by LLaMA's tokenizer by itself, `<s>` before the first."""

    def __init__(self, tokenizer, image_id, chat_template):
        self.tokenizer, self.image_id, self.chat_template = tokenizer, image_id, chat_template
        self.images = blip_images()

    def save_pretrained(self, folder):
        """The converter writes it."""

    def apply_chat_template(self, messages, **more):
        return self.tokenizer.apply_chat_template(messages, chat_template=self.chat_template, tokenize=False, **more)

    def __call__(self, text, images=None, return_tensors="pt", padding=False):
        prompts, shown = ([text], [images or []]) if isinstance(text, str) else (text, images)
        rows = []
        for prompt in prompts:
            first, *others = prompt.split("<ImageHere>")
            row = self.tokenizer(first)["input_ids"]
            for piece in others:
                row = row + [self.image_id] * QUERIES + self.tokenizer(piece, add_special_tokens=False)["input_ids"]
            rows.append(row)
        inputs = padded(rows, self.tokenizer.pad_token_id, "left")
        pictures = [picture for own in shown for picture in own]
        return inputs | ({"pixel_values": self.images(pictures, return_tensors="pt")["pixel_values"]} if pictures else {})


def make_minigpt4():
    spec = importlib.util.spec_from_file_location("convert_minigpt4", Path(__file__).parent / "convert-minigpt4.py")
    converter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(converter)
    tokenizer = llama_tokenizer(60, ["<pad>"])
    pad_id = tokenizer.convert_tokens_to_ids("<pad>")
    # A language model that the converter must leave away, as BLIP-2's.
    opt = OPTConfig(vocab_size=8, hidden_size=8, ffn_dim=8, num_hidden_layers=1, num_attention_heads=1, word_embed_proj_dim=8, max_position_embeddings=8)
    blip2 = randomize(Blip2ForConditionalGeneration(Blip2Config(vision_config=VISION, qformer_config=FORMER, text_config=opt, num_query_tokens=QUERIES)), 31)
    llama = randomize(LlamaForCausalLM(tiny_llama(-(-len(tokenizer) // 16) * 16)), 35)
    with torch.no_grad():
        llama.get_output_embeddings().weight[0] *= 0.05  # No model that was trained says <unk>, whose copy would be a tie.
    linear = randomize(torch.nn.Linear(FORMER["hidden_size"], 32), 33)
    image_id = llama.config.vocab_size
    llama.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=pad_id)
    with tempfile.TemporaryDirectory() as scratch:
        parts = Path(scratch)
        blip2.save_pretrained(parts / "blip2")
        llama.save_pretrained(parts / "llama")
        tokenizer.save_pretrained(parts / "llama")
        state = {f"llama_proj.{name}": weight.detach() for name, weight in linear.named_parameters()}
        torch.save({"model": state, "epoch": 3}, parts / "minigpt4.pth")
        # The converted vocabulary has a token more, a copy of <unk>.
        llama.resize_token_embeddings(image_id + 1, mean_resizing=False)
        with torch.no_grad():
            for table in (llama.get_input_embeddings(), llama.get_output_embeddings()):
                table.weight[image_id] = table.weight[0]
        model = MiniGPT4(blip2, llama.eval(), linear, image_id)
        prompts = MiniGPT4Prompts(tokenizer, image_id, converter.CHAT_TEMPLATE)
        save = lambda folder: converter.convert(parts / "blip2", parts / "llama", parts / "minigpt4.pth", folder, 150_000)  # noqa: E731
        write_fixture(FIXTURES / "tiny-minigpt4", model, prompts, MINIGPT4_CASES, model.visual_of, save, model.parts_of)
    stored_name = lambda name: re.sub("^llama", "language_model", re.sub("^linear", "language_projection", name))  # noqa: E731
    write_training(FIXTURES / "tiny-minigpt4", model, prompts, MINIGPT4_CASES, lambda model: model.llama, stored_name)


FAMILIES = {"llava": make_llava, "qwen2-vl": make_qwen2_vl, "instructblip": make_instructblip, "blip2": make_blip2, "minigpt4": make_minigpt4}


# --- Folders that @fgam/models wrote ------------------------------------------------------------------------------------------------------


def check(folder):
    """Loads a folder with transformers, warnings and all, and prints as JSON what it has missed and what it says to each case's prompt, against the folder's expected.json."""
    expected = read_json(folder / "expected.json")
    model, info = AutoModelForImageTextToText.from_pretrained(folder, output_loading_info=True)
    processor = AutoProcessor.from_pretrained(folder, use_fast=False)
    if isinstance(model, (InstructBlipForConditionalGeneration, Blip2ForConditionalGeneration)):
        model, processor = BlipModel(model), BlipPrompts(processor)
    result = {"missing": sorted(info["missing_keys"]), "unexpected": sorted(info["unexpected_keys"]), "cases": {}}
    for name, case in expected["cases"].items():
        pictures = [Image.open(folder / path).convert("RGB") for path in case["images"]]
        inputs = processor(text=case["prompt"], images=pictures or None, return_tensors="pt")
        tokens, chosen = greedy(model.eval(), inputs, refuses_ties=False)
        row = ended(tokens[0], model.generation_config.eos_token_id)
        difference = max(abs(ours - theirs) for ours, theirs in zip(case["logprobs"], chosen[0].tolist()))
        result["cases"][name] = {"tokens": row, "same": row == case["tokens"], "logprobs_difference": difference}
    print(json.dumps(result, indent=1))


def main(arguments):
    torch.set_num_threads(1)
    if arguments[:1] == ["--check"]:
        return check(Path(arguments[1]))
    for family in arguments or FAMILIES:
        FAMILIES[family]()


main(sys.argv[1:])
