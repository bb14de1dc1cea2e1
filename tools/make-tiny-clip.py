"""Writes packages/label/test-fixtures/tiny-clip: a CLIP of some 40,000 parameters, laid out as transformers.js loads it (as in
Xenova/clip-vit-base-patch32: `vision_model.onnx` and `text_model.onnx`, with their projections), whose answers can be told by looking.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch==2.13.0 transformers==5.17.0 onnx==1.23.1 onnxscript pillow
    /tmp/venv/bin/python tools/make-tiny-clip.py

It is trained here, from a seed, in a minute on two cores, to tell colours and shapes: a picture of a red square lies close to "a red
square" and far from "a blue circle". CLIPModel of transformers is the model; its text side is written out below for the trace.
`expected.json` holds cosines of transformers' own `CLIPModel`.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import nn
from transformers import CLIPConfig, CLIPModel

OUT = Path(__file__).parent.parent / "packages/label/test-fixtures/tiny-clip"
SIDE, WIDTH, LENGTH, STEPS = 32, 32, 16, 400
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
COLOURS = {"red": (255, 0, 0), "green": (0, 160, 0), "blue": (0, 0, 255), "yellow": (255, 230, 0)}
SHAPES = ["square", "circle"]
TEXTS = [f"a {colour} {shape}" for colour in COLOURS for shape in SHAPES]
START, END = "<|startoftext|>", "<|endoftext|>"


def make_tokenizer():
    tokenizer = Tokenizer(models.BPE(unk_token=END))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(TEXTS * 10, trainers.BpeTrainer(vocab_size=120, special_tokens=[START, END], show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{START} $A {END}", special_tokens=[(START, 0), (END, 1)])
    return tokenizer


def make_model(size):
    text = dict(
        vocab_size=size, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=LENGTH,
        bos_token_id=0, eos_token_id=1, pad_token_id=1, projection_dim=16,
    )  # fmt: skip
    vision = dict(hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=SIDE, patch_size=8, projection_dim=16)
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
    config._attn_implementation = "eager"
    return CLIPModel(config)


def draw(random, colour, shape):
    image = Image.new("RGB", (SIDE, SIDE), (120, 120, 120))
    low, high = random.integers(0, 8, 2), random.integers(24, 33, 2)
    pen = ImageDraw.Draw(image)
    (pen.rectangle if shape == "square" else pen.ellipse)((*map(int, low), *(int(value) - 1 for value in high)), fill=COLOURS[colour])
    return image


def pixels(image):
    values = np.asarray(image, dtype=np.float32) / 255
    return torch.tensor(((values - np.array(MEAN, np.float32)) / np.array(STD, np.float32)).transpose(2, 0, 1))


def text_inputs(tokenizer, texts):
    # Cut to LENGTH tokens, the last of them the end.
    rows = [ids if len(ids) <= LENGTH else [*ids[: LENGTH - 1], 1] for ids in (tokenizer.encode(text).ids for text in texts)]
    longest = max(map(len, rows))
    # CLIP pads with its end token; the first one is looked at.
    return dict(
        input_ids=torch.tensor([row + [1] * (longest - len(row)) for row in rows]),
        attention_mask=torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows]),
    )


def train(model, tokenizer):
    random = np.random.default_rng(5)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    texts = text_inputs(tokenizer, TEXTS)
    for step in range(STEPS):
        images = torch.stack([pixels(draw(random, colour, shape)) for colour in COLOURS for shape in SHAPES])
        loss = model(pixel_values=images, **texts, return_loss=True).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 100 == 0 or step == STEPS - 1:
            print(step, round(loss.item(), 4), flush=True)
    model.eval()


class Vision(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return self.model.visual_projection(self.model.vision_model(pixel_values=pixel_values).pooler_output)


class Text(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        inner = self.model.text_model
        batch, length = input_ids.shape
        x = inner.embeddings.token_embedding(input_ids) + inner.embeddings.position_embedding.weight[:length]
        places = torch.cumsum(torch.ones_like(input_ids[0]), 0)
        later = (places[None, :] > places[:, None]).to(torch.float32) * -1e9
        for layer in inner.encoder.layers:
            heads = lambda value: value.reshape(batch, -1, 2, WIDTH // 2).transpose(1, 2)  # noqa: E731
            normed, attention = layer.layer_norm1(x), layer.self_attn
            query, key, value = (heads(part(normed)) for part in (attention.q_proj, attention.k_proj, attention.v_proj))
            weights = torch.softmax(query @ key.transpose(2, 3) * attention.scale + later, -1)
            x = x + attention.out_proj((weights @ value).transpose(1, 2).reshape(batch, -1, WIDTH))
            x = x + layer.mlp(layer.layer_norm2(x))
        x = inner.final_layer_norm(x)
        first_end = (input_ids == 1).to(torch.int64).argmax(-1)
        pooled = x.gather(1, first_end[:, None, None].expand(-1, 1, WIDTH)).squeeze(1)
        return self.model.text_projection(pooled)


def write_json(name, value, **layout):
    (OUT / name).write_text(json.dumps(value, **(layout or {"indent": 2})) + "\n")


def main():
    torch.manual_seed(4)
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "onnx").mkdir(parents=True)
    tokenizer = make_tokenizer()
    model = make_model(tokenizer.get_vocab_size())
    print(sum(parameter.numel() for parameter in model.parameters()), "parameters")
    train(model, tokenizer)
    with torch.no_grad():
        export = lambda module, inputs, names, axes, path: torch.onnx.export(  # noqa: E731
            module, inputs, OUT / "onnx" / path, input_names=names[:1], output_names=names[1:], dynamic_axes=axes, opset_version=17, dynamo=False
        )
        batch = {0: "batch_size"}
        names = ["pixel_values", "image_embeds"]
        export(Vision(model), (torch.randn(2, 3, SIDE, SIDE),), names, {name: batch for name in names}, "vision_model.onnx")
        names = ["input_ids", "text_embeds"]
        ids = text_inputs(tokenizer, TEXTS)["input_ids"]
        export(Text(model), (ids,), names, {"input_ids": {0: "batch_size", 1: "sequence_length"}, "text_embeds": batch}, "text_model.onnx")

        tokenizer.save(str(OUT / "tokenizer.json"), pretty=False)
        write_json("tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, "bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END})
        size = {"do_resize": True, "size": {"shortest_edge": SIDE}, "do_center_crop": True, "crop_size": {"height": SIDE, "width": SIDE}}
        write_json("preprocessor_config.json", {"image_processor_type": "CLIPImageProcessor", **size, "resample": 3, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "do_convert_rgb": True, "image_mean": MEAN, "image_std": STD})
        config = json.loads(json.dumps(model.config.to_dict(), default=str))
        write_json("config.json", {**config, "architectures": ["CLIPModel"]})

        random = np.random.default_rng(9)
        texts = [*TEXTS, "a red square a blue circle a red square a blue circle"]
        images = [draw(random, colour, shape) for colour, shape in (("red", "square"), ("blue", "circle"), ("yellow", "square"))]
        for i, image in enumerate(images):
            image.save(OUT / f"case-{i}.png", optimize=True)
        out = model(pixel_values=torch.stack([pixels(image) for image in images]), **text_inputs(tokenizer, texts))
        cosines = (out.image_embeds @ out.text_embeds.T).tolist()
        write_json("expected.json", {"images": [f"case-{i}.png" for i in range(3)], "texts": texts, "cosines": cosines})
        print(np.round(cosines, 2))


main()
