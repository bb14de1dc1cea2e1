"""Writes packages/models/test-fixtures/tiny-llava-onnx: the checkpoint tiny-llava beside it as ONNX graphs, laid out as transformers.js loads a
LLaVA (`vision_encoder.onnx`, `embed_tokens.onnx`, `decoder_model_merged.onnx`).

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch==2.13.0 transformers==5.17.0 onnx==1.23.1 onnxscript pillow
    /tmp/venv/bin/python tools/make-tiny-llava-onnx.py

The decoder is written out below for the trace, in one branch: keys and values of no token come first. Greedy tokens of transformers' own
`generate` are in tiny-llava's `expected.json`.
"""

import importlib.util
import json
import shutil
from pathlib import Path

# No image is prepared here, and a torchvision of another build than torch would stop the import.
_find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torchvision" else _find_spec(name, *rest)

import torch  # noqa: E402
from torch import nn  # noqa: E402
from transformers import LlavaForConditionalGeneration  # noqa: E402

FIXTURES = Path(__file__).parent.parent / "packages/models/test-fixtures"
SOURCE, OUT = FIXTURES / "tiny-llava", FIXTURES / "tiny-llava-onnx"


class Vision(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.tower, self.projector = model.model.vision_tower, model.model.multi_modal_projector

    def forward(self, pixel_values):
        return self.projector(self.tower(pixel_values, output_hidden_states=True).hidden_states[-2][:, 1:])


class Decoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.inner, self.head = model.model.language_model, model.lm_head
        self.width = self.inner.config.head_dim

    def forward(self, inputs_embeds, attention_mask, position_ids, *past):
        heads = lambda value: value.reshape(value.shape[0], value.shape[1], -1, self.width).transpose(1, 2)  # noqa: E731
        half = self.width // 2
        angles = position_ids[..., None].float() * 10000.0 ** (-torch.arange(half).float() / half)
        cosine, sine = (f(torch.cat([angles, angles], -1))[:, None] for f in (torch.cos, torch.sin))
        turn = lambda x: x * cosine + torch.cat([-x[..., half:], x[..., :half]], -1) * sine  # noqa: E731
        # Token t of the new ones sees those before it, and none that is padding.
        length, total = inputs_embeds.shape[1], attention_mask.shape[1]
        ahead = torch.arange(total)[None] > torch.arange(length)[:, None] + (total - length)
        hidden = (ahead[None] | (attention_mask[:, None] == 0))[:, None] * torch.finfo(torch.float32).min
        x, present = inputs_embeds, []
        for i, layer in enumerate(self.inner.layers):
            y = layer.input_layernorm(x)
            query, key, value = (heads(f(y)) for f in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj))
            key, value = torch.cat([past[2 * i], turn(key)], 2), torch.cat([past[2 * i + 1], value], 2)
            # One head of keys serves all queries.
            weights = torch.softmax(turn(query) @ key.transpose(2, 3) * self.width**-0.5 + hidden, -1)
            x = x + layer.self_attn.o_proj((weights @ value).transpose(1, 2).flatten(2))
            x = x + layer.mlp(layer.post_attention_layernorm(x))
            present += [key, value]
        return self.head(self.inner.norm(x)), *present


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "onnx").mkdir(parents=True)
    model = LlavaForConditionalGeneration.from_pretrained(SOURCE, dtype=torch.float32, attn_implementation="eager").eval()
    text = model.config.text_config
    assert text.num_key_value_heads == 1
    batch = {0: "batch_size"}
    sequence = batch | {1: "sequence_length"}
    export = {"opset_version": 17, "dynamo": False}
    with torch.no_grad():
        side = model.config.vision_config.image_size
        torch.onnx.export(Vision(model), (torch.randn(2, 3, side, side),), OUT / "onnx/vision_encoder.onnx", input_names=["pixel_values"], output_names=["image_features"], dynamic_axes={"pixel_values": batch, "image_features": batch}, **export)
        embed = model.get_input_embeddings()
        torch.onnx.export(embed, (torch.tensor([[1, 5, 7]]),), OUT / "onnx/embed_tokens.onnx", input_names=["input_ids"], output_names=["inputs_embeds"], dynamic_axes={"input_ids": sequence, "inputs_embeds": sequence}, **export)
        pieces = [f"{i}.{kind}" for i in range(text.num_hidden_layers) for kind in ("key", "value")]
        past, present = [f"past_key_values.{piece}" for piece in pieces], [f"present.{piece}" for piece in pieces]
        axes = {name: sequence for name in ("inputs_embeds", "position_ids", "logits")} | {"attention_mask": batch | {1: "total_sequence_length"}}
        axes |= {name: batch | {2: "past_sequence_length"} for name in past} | {name: batch | {2: "total_sequence_length"} for name in present}
        keys = [torch.randn(2, 1, 3, text.head_dim) for _ in past]
        inputs = (torch.randn(2, 4, text.hidden_size), torch.ones(2, 7, dtype=torch.int64), torch.arange(3, 7)[None].repeat(2, 1))
        torch.onnx.export(Decoder(model), (*inputs, *keys), OUT / "onnx/decoder_model_merged.onnx", input_names=["inputs_embeds", "attention_mask", "position_ids", *past], output_names=["logits", *present], dynamic_axes=axes, **export)
    for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copyfile(SOURCE / name, OUT / name)
    processor = json.loads((SOURCE / "processor_config.json").read_text())
    images = processor.pop("image_processor")
    # transformers.js counts the class token in, which this strategy leaves out.
    processor["num_additional_image_tokens"] = 0
    (OUT / "preprocessor_config.json").write_text(json.dumps(images | {"processor_class": "LlavaProcessor"}, indent=2) + "\n")
    (OUT / "processor_config.json").write_text(json.dumps(processor, indent=2) + "\n")


main()
