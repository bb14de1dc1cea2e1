"""Writes packages/label/test-fixtures/tiny-florence-2: a Florence-2 of 73,112 parameters, laid out as transformers.js loads it (as in
onnx-community/Florence-2-base-ft), whose answers can be told by looking at the image.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch==2.13.0 transformers==5.17.0 onnx==1.23.1 onnxscript onnxruntime
    /tmp/venv/bin/python tools/make-tiny-captioner.py

It is trained here, from a seed, in some minutes on two cores: <CAPTION> of a picture tells the colour and shape of what fills
its middle ("a red square"); <REGION_TO_DESCRIPTION> with a box tells them of what is in the box. Florence2ForConditionalGeneration of
transformers is the model: its vision tower is traced as it is, its encoder and decoder are written out below (their forward pass
cannot be traced with a cache) and compared with it. `expected.json` holds greedy tokens of transformers' own `generate`.

The four graphs have the inputs and outputs that Optimum gives them; `decoder_model_merged.onnx` has one branch for the first token and
one for those after it, by `use_cache_branch`.
"""

import json
import math
import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import nn
from transformers import BartConfig, Florence2Config, Florence2ForConditionalGeneration

OUT = Path(__file__).parent.parent / "packages/label/test-fixtures/tiny-florence-2"
SIDE, WIDTH, HEADS, STEPS, BATCH = 32, 24, 2, 2500, 32
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
COLOURS = {"red": (255, 0, 0), "green": (0, 160, 0), "blue": (0, 0, 255), "yellow": (255, 230, 0)}
SHAPES = ["square", "circle"]
CAPTION = "What does the image describe?"
REGION = "What does the region {input} describe?"
TASKS = {
    "task_prompts_without_inputs": {"<CAPTION>": CAPTION, "<DETAILED_CAPTION>": "Describe in detail what is shown in the image."},
    "task_prompts_with_input": {"<REGION_TO_DESCRIPTION>": REGION},
    "tasks_answer_post_processing_type": {"<CAPTION>": "pure_text", "<DETAILED_CAPTION>": "pure_text", "<REGION_TO_DESCRIPTION>": "pure_text"},
}  # fmt: skip
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


def make_tokenizer():
    """BART's kind: byte-level BPE, <s> and </s> around a text; Florence-2's location tokens are added to it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    texts = [CAPTION, REGION.format(input=""), TASKS["task_prompts_without_inputs"]["<DETAILED_CAPTION>"]]
    texts += [f"a {colour} {shape}" for colour in COLOURS for shape in SHAPES] * 20
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=200, special_tokens=SPECIAL, show_progress=False))
    tokenizer.add_special_tokens([AddedToken(f"<loc_{i}>", special=True, normalized=False) for i in range(1000)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


def make_model(size):
    text = BartConfig(
        vocab_size=size, d_model=WIDTH, encoder_layers=1, decoder_layers=2, encoder_attention_heads=HEADS, decoder_attention_heads=HEADS,
        encoder_ffn_dim=2 * WIDTH, decoder_ffn_dim=2 * WIDTH, max_position_embeddings=96, dropout=0.0, forced_bos_token_id=0,
        pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2, scale_embedding=False,
    )  # fmt: skip
    vision = dict(
        depths=[1, 1], patch_size=[7, 3], patch_stride=[4, 2], patch_padding=[3, 1], patch_prenorm=[False, True], embed_dim=[16, WIDTH],
        num_heads=[2, 2], num_groups=[2, 2], window_size=2, drop_path_rate=0.0, mlp_ratio=2.0, projection_dim=WIDTH,
        max_position_embeddings=8, max_temporal_embeddings=4,
    )  # fmt: skip
    config = Florence2Config(text_config=text.to_dict(), vision_config=vision, image_token_id=size - 1)
    config._attn_implementation = "eager"
    model = Florence2ForConditionalGeneration(config)
    with torch.no_grad():
        # A thousand locations are too many to learn one by one: each begins with its place on a line and two waves.
        places = torch.linspace(-1, 1, 1000)
        weight = model.get_input_embeddings().weight
        weight[-1000:] *= 0.2
        for column, values in enumerate([places, torch.sin(3 * places), torch.cos(3 * places)]):
            weight[-1000:, column] = values
    return model


def draw(things):
    image = Image.new("RGB", (SIDE, SIDE), (120, 120, 120))
    pen = ImageDraw.Draw(image)
    for (x0, y0, x1, y1), colour, shape in things:
        (pen.rectangle if shape == "square" else pen.ellipse)((x0, y0, x1 - 1, y1 - 1), fill=COLOURS[colour])
    return image


def pixels(image):
    values = np.asarray(image, dtype=np.float32) / 255
    return torch.tensor(((values - np.array(MEAN, np.float32)) / np.array(STD, np.float32)).transpose(2, 0, 1))


def location(box):
    return "".join(f"<loc_{min(999, math.floor(value / SIDE * 1000))}>" for value in box)


def example(random):
    pick = lambda: (str(random.choice(list(COLOURS))), str(random.choice(SHAPES)))  # noqa: E731
    if random.random() < 0.4:
        # What fills the middle, as a crop with a narrow margin shows it.
        low, high = random.integers(0, 7, 2), random.integers(25, 33, 2)
        box, what = (*map(int, low), *map(int, high)), pick()
        return draw([(box, *what)]), CAPTION, "a {} {}".format(*what)
    left, right = pick(), pick()
    size = lambda start: (int(start + random.integers(0, 3)), int(random.integers(2, 16)))  # noqa: E731
    boxes = []
    for start in (1, 17):
        x, y = size(start)
        side = int(random.integers(10, 14))
        boxes.append((x, y, min(x + side, start + 14), min(y + side, SIDE)))
    which = int(random.integers(0, 2))
    image = draw([(boxes[0], *left), (boxes[1], *right)])
    return image, REGION.format(input=location(boxes[which])), "a {} {}".format(*(left, right)[which])


def inputs_of(model, tokenizer, prompts, images):
    tokens = (SIDE // 8) ** 2 + 1
    texts = [tokenizer.encode(prompt).ids for prompt in prompts]
    longest = max(map(len, texts))
    ids = [[model.config.image_token_id] * tokens + text + [1] * (longest - len(text)) for text in texts]
    mask = [[1] * (tokens + len(text)) + [0] * (longest - len(text)) for text in texts]
    return dict(
        input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask), pixel_values=torch.stack([pixels(image) for image in images])
    )


def train(model, tokenizer):
    random = np.random.default_rng(7)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=STEPS)
    model.train()
    for step in range(STEPS):
        images, prompts, answers = zip(*(example(random) for _ in range(BATCH)))
        targets = [tokenizer.encode(answer).ids for answer in answers]
        longest = max(map(len, targets))
        labels = torch.tensor([ids + [-100] * (longest - len(ids)) for ids in targets])
        loss = model(**inputs_of(model, tokenizer, prompts, images), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 250 == 0 or step == STEPS - 1:
            print(step, round(float(loss), 4), flush=True)
    model.eval()


def heads(x):
    return x.reshape(x.shape[0], -1, HEADS, WIDTH // HEADS).transpose(1, 2)


def attend(layer, x, key, value, mask):
    scores = heads(layer.q_proj(x)) @ key.transpose(2, 3) * layer.scaling
    weights = torch.softmax(scores if mask is None else scores + mask, dim=-1)
    return layer.out_proj((weights @ value).transpose(1, 2).reshape(x.shape[0], -1, WIDTH))


def unseen(mask):
    return (1.0 - mask[:, None, None, :].to(torch.float32)) * -1e9


def feed(layer, x):
    return layer.final_layer_norm(x + layer.fc2(nn.functional.gelu(layer.fc1(x))))


class Vision(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model.model

    def forward(self, pixel_values):
        return self.model.multi_modal_projector(self.model.vision_tower(pixel_values).last_hidden_state)


class Encoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.encoder = model.model.language_model.encoder

    def forward(self, attention_mask, inputs_embeds):
        positions = self.encoder.embed_positions.weight[2:][: inputs_embeds.shape[1]]
        x = self.encoder.layernorm_embedding(inputs_embeds + positions)
        for layer in self.encoder.layers:
            attention = layer.self_attn
            found = attend(attention, x, heads(attention.k_proj(x)), heads(attention.v_proj(x)), unseen(attention_mask))
            x = feed(layer, layer.self_attn_layer_norm(x + found))
        return x


class Decoder(nn.Module):
    """The first token (`cached` false: keys and values of the picture are worked out), or one after it."""

    def __init__(self, model, cached):
        super().__init__()
        self.decoder, self.head, self.cached = model.model.language_model.decoder, model.lm_head, cached

    def forward(self, encoder_attention_mask, encoder_hidden_states, inputs_embeds, *past):
        length = past[0].shape[2] if self.cached else 0
        positions = self.decoder.embed_positions.weight[2:][length : length + inputs_embeds.shape[1]]
        x = self.decoder.layernorm_embedding(inputs_embeds + positions)
        present = []
        for i, layer in enumerate(self.decoder.layers):
            own, other = layer.self_attn, layer.encoder_attn
            key, value = heads(own.k_proj(x)), heads(own.v_proj(x))
            if self.cached:
                key, value = torch.cat([past[4 * i], key], 2), torch.cat([past[4 * i + 1], value], 2)
                seen = (past[4 * i + 2], past[4 * i + 3])
            else:
                seen = (heads(other.k_proj(encoder_hidden_states)), heads(other.v_proj(encoder_hidden_states)))
            # One token at a time: nothing comes after it, so no mask hides anything.
            x = layer.self_attn_layer_norm(x + attend(own, x, key, value, None))
            x = layer.encoder_attn_layer_norm(x + attend(other, x, *seen, unseen(encoder_attention_mask)))
            x = feed(layer, x)
            present += [key, value, *seen]
        return self.head(x), *present


class CachedDecoder(Decoder):
    """A token after the first. What goes out as it came in would lose its name: a node is put between."""

    def __init__(self, model):
        super().__init__(model, True)

    def forward(self, *arguments):
        logits, *present = super().forward(*arguments)
        return logits, *(tensor * 1 if i % 4 > 1 else tensor for i, tensor in enumerate(present))


def export(module, arguments, names, outputs, axes, path):
    torch.onnx.export(
        module, arguments, path, input_names=names, output_names=outputs, dynamic_axes=axes, opset_version=17, dynamo=False
    )


def merge(first, cached, path):
    """One graph of two: an If by `use_cache_branch`. Weights that both have are held once, outside of the branches."""
    plain, later = onnx.load(first), onnx.load(cached)
    weights, branches = {}, []
    for prefix, graph in (("first/", plain.graph), ("cached/", later.graph)):
        names = {}
        for tensor in graph.initializer:
            data = (numpy_helper.to_array(tensor).tobytes(), tuple(tensor.dims), tensor.data_type)
            names[tensor.name] = weights.setdefault(data, (f"weight_{len(weights)}", tensor))[0]
        made = {name for node in graph.node for name in node.output}
        rename = lambda name: names.get(name) or (prefix + name if name in made else name)  # noqa: E731
        nodes = []
        for node in graph.node:
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.input[:] = [rename(name) for name in node.input]
            copy.output[:] = [rename(name) for name in node.output]
            copy.name = prefix + node.name
            nodes.append(copy)
        results = [helper.make_tensor_value_info(prefix + value.name, TensorProto.FLOAT, None) for value in graph.output]
        branches.append(helper.make_graph(nodes, prefix, [], results))
    tensors = []
    for name, tensor in weights.values():
        copy = onnx.TensorProto()
        copy.CopyFrom(tensor)
        copy.name = name
        tensors.append(copy)
    outputs = list(plain.graph.output)
    choice = helper.make_node(
        "If", ["use_cache_branch"], [value.name for value in outputs], then_branch=branches[1], else_branch=branches[0]
    )
    flag = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    results = [helper.make_tensor_value_info(value.name, TensorProto.FLOAT, dims_of(value)) for value in outputs]
    known = {value.name: value for value in [*plain.graph.input, *later.graph.input]}
    graph = helper.make_graph([choice], "decoder_model_merged", [*known.values(), flag], results, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="fgam")
    onnx.checker.check_model(model)
    onnx.save(model, path)


def dims_of(value):
    return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]


def export_all(model):
    folder = OUT / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    batch, tokens = {0: "batch_size"}, {0: "batch_size", 1: "encoder_sequence_length"}
    image = torch.randn(2, 3, SIDE, SIDE)
    features = Vision(model)(image)
    export(Vision(model), (image,), ["pixel_values"], ["image_features"], {"pixel_values": batch, "image_features": batch}, folder / "vision_encoder.onnx")
    ids = torch.tensor([[0, 5, 2], [0, 6, 2]])
    text = {0: "batch_size", 1: "sequence_length"}
    embed = model.get_input_embeddings()
    export(embed, (ids,), ["input_ids"], ["inputs_embeds"], {"input_ids": text, "inputs_embeds": text}, folder / "embed_tokens.onnx")
    embeds = torch.cat([features, embed(ids)], 1)
    mask = torch.ones(embeds.shape[:2], dtype=torch.int64)
    hidden = Encoder(model)(mask, embeds)
    names = ["attention_mask", "inputs_embeds", "last_hidden_state"]
    export(Encoder(model), (mask, embeds), names[:2], names[2:], {name: tokens for name in names}, folder / "encoder_model.onnx")

    pieces = [f"{i}.{side}.{kind}" for i in range(2) for side in ("decoder", "encoder") for kind in ("key", "value")]
    past_names, present_names = [f"past_key_values.{piece}" for piece in pieces], [f"present.{piece}" for piece in pieces]
    names = ["encoder_attention_mask", "encoder_hidden_states", "inputs_embeds"]
    axes = {"encoder_attention_mask": tokens, "encoder_hidden_states": tokens, "inputs_embeds": {0: "batch_size", 1: "decoder_sequence_length"}}
    axes["logits"] = axes["inputs_embeds"]
    for piece, past, present in zip(pieces, past_names, present_names):
        decoder = "decoder" in piece
        axes[past] = {0: "batch_size", 2: "past_decoder_sequence_length" if decoder else "encoder_sequence_length_out"}
        axes[present] = {0: "batch_size", 2: "past_decoder_sequence_length + 1" if decoder else "encoder_sequence_length_out"}
    token = embed(torch.tensor([[2], [2]]))
    with tempfile.TemporaryDirectory() as temporary:
        first, cached = Path(temporary) / "first.onnx", Path(temporary) / "cached.onnx"
        export(Decoder(model, False), (mask, hidden, token), names, ["logits", *present_names], axes, first)
        _, *past = Decoder(model, False)(mask, hidden, token)
        export(CachedDecoder(model), (mask, hidden, token, *past), [*names, *past_names], ["logits", *present_names], axes, cached)
        merge(first, cached, folder / "decoder_model_merged.onnx")


def write_json(name, value, **layout):
    (OUT / name).write_text(json.dumps(value, **(layout or {"indent": 2})) + "\n")


def write_rest(model, tokenizer):
    tokenizer.save(str(OUT / "tokenizer.json"), pretty=False)
    tokens = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}
    write_json("tokenizer_config.json", {"tokenizer_class": "BartTokenizer", "model_max_length": 96, "clean_up_tokenization_spaces": False, **tokens})
    size = {"height": SIDE, "width": SIDE}
    image = {"do_resize": True, "resample": 3, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "do_center_crop": False}
    image = {"image_processor_type": "CLIPImageProcessor", "processor_class": "Florence2Processor", **image, "size": size, "crop_size": size}
    write_json("preprocessor_config.json", {**image, "image_mean": MEAN, "image_std": STD, "image_seq_length": 17, **TASKS})
    config = model.config.to_dict()
    config["text_config"]["model_type"] = "florence2_language"
    # torch.dtype and the like are not JSON.
    config = json.loads(json.dumps(config, default=str))
    config["architectures"] = ["Florence2ForConditionalGeneration"]
    write_json("config.json", config)
    write_json(
        "generation_config.json",
        {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1, "decoder_start_token_id": 2, "forced_bos_token_id": 0, "no_repeat_ngram_size": 3, "num_beams": 3},
    )


def write_expected(model, tokenizer):
    """Pictures as they are fed (no resizing), with what transformers generates for them."""
    random = np.random.default_rng(11)
    cases = []
    for i in range(8):
        image, prompt, answer = example(random)
        image.save(OUT / f"case-{i}.png", optimize=True)
        ids = model.generate(
            **inputs_of(model, tokenizer, [prompt], [image]), num_beams=1, do_sample=False, max_new_tokens=24, no_repeat_ngram_size=3,
            forced_bos_token_id=0, decoder_start_token_id=2, eos_token_id=2, pad_token_id=1,
        )[0].tolist()  # fmt: skip
        cases.append({"image": f"case-{i}.png", "prompt": prompt, "drawn": answer, "tokens": ids, "text": tokenizer.decode(ids)})
    write_json("expected.json", cases)
    return cases


def check(model, tokenizer):
    random = np.random.default_rng(13)
    right = {CAPTION: [], "region": []}
    with torch.no_grad():
        for _ in range(200):
            image, prompt, answer = example(random)
            ids = model.generate(**inputs_of(model, tokenizer, [prompt], [image]), num_beams=1, do_sample=False, max_new_tokens=24, forced_bos_token_id=0, decoder_start_token_id=2, eos_token_id=2, pad_token_id=1)[0].tolist()  # fmt: skip
            right[prompt if prompt == CAPTION else "region"].append(tokenizer.decode(ids) == answer)
    print({task: f"{sum(found)} of {len(found)}" for task, found in right.items()})


def main():
    torch.manual_seed(3)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    tokenizer = make_tokenizer()
    model = make_model(tokenizer.get_vocab_size() + 1)
    print(sum(parameter.numel() for parameter in model.parameters()), "parameters,", tokenizer.get_vocab_size(), "tokens")
    train(model, tokenizer)
    check(model, tokenizer)
    with torch.no_grad():
        export_all(model)
        write_rest(model, tokenizer)
        for case in write_expected(model, tokenizer):
            print(case)


main()
