"""Writes packages/label/test-fixtures/tiny-vit-gpt2: an encoder of images with a decoder of text, of random weights from a seed, laid out
as transformers.js loads it (as in Xenova/vit-gpt2-image-captioning: `encoder_model.onnx`, `decoder_model_merged.onnx`).

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch==2.13.0 transformers==5.17.0 onnx==1.23.1 onnxscript pillow
    /tmp/venv/bin/python tools/make-tiny-vit-gpt2.py

It is not trained: what it says of a picture means nothing, but is the same each time. VisionEncoderDecoderModel of transformers is the
model; its decoder is written out below for the trace, in one branch, since no keys are known before the first token. `expected.json`
holds greedy tokens of transformers' own `generate`.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import nn
from transformers import GPT2Config, VisionEncoderDecoderConfig, VisionEncoderDecoderModel, ViTConfig

OUT = Path(__file__).parent.parent / "packages/label/test-fixtures/tiny-vit-gpt2"
SIDE, WIDTH, HEADS, LAYERS, LONGEST = 32, 16, 2, 2, 12
WORDS = "a cat dog red blue small large on the left of two tree house".split()
END = "<|endoftext|>"


def make_tokenizer():
    """Whole words with their spaces, as GPT-2's tokenizer writes them."""
    words = ["Ġ" + word for word in WORDS]
    letters = sorted({letter for word in words for letter in word})
    tokens, merges = [END, *letters], []
    for word in words:
        for end in range(2, len(word) + 1):
            if word[:end] not in tokens:
                tokens.append(word[:end])
                merges.append((word[: end - 1], word[end - 1]))
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END])
    return tokenizer, [tokens.index(word) for word in words]


def make_model(size, words):
    decoder = GPT2Config(
        vocab_size=size, n_positions=32, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS, is_decoder=True, add_cross_attention=True, bos_token_id=0,
        eos_token_id=0, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, activation_function="gelu_new",
    )  # fmt: skip
    encoder = ViTConfig(hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=HEADS, intermediate_size=32, image_size=SIDE, patch_size=8)
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config._attn_implementation = "eager"
    model = VisionEncoderDecoderModel(config=config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.5)
        # Whole words come out, and the end now and then; halves of words do not.
        head = model.decoder.lm_head.weight
        keep = torch.tensor([i in {0, *words} for i in range(size)])
        head[~keep] *= 0.01
        head[0] *= 1.8
    return model


class Encoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.encoder = model.encoder

    def forward(self, pixel_values):
        return self.encoder(pixel_values=pixel_values).last_hidden_state


class Decoder(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.inner, self.head = model.decoder.transformer, model.decoder.lm_head

    def forward(self, input_ids, encoder_hidden_states, *past):
        heads = lambda value: value.reshape(value.shape[0], -1, HEADS, WIDTH // HEADS).transpose(1, 2)  # noqa: E731

        def attend(query, key, value):
            weights = torch.softmax(heads(query) @ key.transpose(2, 3) * (WIDTH // HEADS) ** -0.5, -1)
            return (weights @ value).transpose(1, 2).reshape(query.shape[0], -1, WIDTH)

        length, present = past[0].shape[2], []
        x = self.inner.wte(input_ids) + self.inner.wpe.weight[length : length + input_ids.shape[1]]
        for i, block in enumerate(self.inner.h):
            query, key, value = block.attn.c_attn(block.ln_1(x)).split(WIDTH, dim=2)
            key, value = torch.cat([past[2 * i], heads(key)], 2), torch.cat([past[2 * i + 1], heads(value)], 2)
            # One token at a time: nothing comes after it, so no mask hides anything.
            x = x + block.attn.c_proj(attend(query, key, value))
            other_key, other_value = block.crossattention.c_attn(encoder_hidden_states).split(WIDTH, dim=2)
            query = block.crossattention.q_attn(block.ln_cross_attn(x))
            x = x + block.crossattention.c_proj(attend(query, heads(other_key), heads(other_value)))
            x = x + block.mlp(block.ln_2(x))
            present += [key, value]
        return self.head(self.inner.ln_f(x)), *present


def write_json(name, value, **layout):
    (OUT / name).write_text(json.dumps(value, **(layout or {"indent": 2})) + "\n")


def main():
    torch.manual_seed(6)
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "onnx").mkdir(parents=True)
    tokenizer, words = make_tokenizer()
    model = make_model(tokenizer.get_vocab_size(), words)
    batch = {0: "batch_size"}
    with torch.no_grad():
        names = ["pixel_values", "last_hidden_state"]
        image = torch.randn(2, 3, SIDE, SIDE)
        torch.onnx.export(Encoder(model), (image,), OUT / "onnx/encoder_model.onnx", input_names=names[:1], output_names=names[1:], dynamic_axes={name: batch for name in names}, opset_version=17, dynamo=False)
        pieces = [f"{i}.{kind}" for i in range(LAYERS) for kind in ("key", "value")]
        past, present = [f"past_key_values.{piece}" for piece in pieces], [f"present.{piece}" for piece in pieces]
        axes = {"input_ids": {0: "batch_size", 1: "sequence_length"}, "encoder_hidden_states": {0: "batch_size", 1: "encoder_sequence_length"}, "logits": {0: "batch_size", 1: "sequence_length"}}
        axes |= {name: {0: "batch_size", 2: "past_sequence_length"} for name in past} | {name: {0: "batch_size", 2: "past_sequence_length + 1"} for name in present}
        keys = [torch.randn(2, HEADS, 3, WIDTH // HEADS) for _ in past]
        torch.onnx.export(
            Decoder(model), (torch.tensor([[1], [2]]), Encoder(model)(image), *keys), OUT / "onnx/decoder_model_merged.onnx",
            input_names=["input_ids", "encoder_hidden_states", *past], output_names=["logits", *present], dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
        tokenizer.save(str(OUT / "tokenizer.json"), pretty=False)
        write_json("tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer", "model_max_length": 32, **{f"{name}_token": END for name in ("bos", "eos", "unk", "pad")}})
        write_json("preprocessor_config.json", {"image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": SIDE, "width": SIDE}, "resample": 2, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3})
        ends = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0, "decoder_start_token_id": 0}
        config = json.loads(json.dumps(model.config.to_dict(), default=str))
        write_json("config.json", {**config, **ends, "is_encoder_decoder": True, "architectures": ["VisionEncoderDecoderModel"]})
        write_json("generation_config.json", ends)

        random = np.random.default_rng(2)
        cases = []
        for i in range(6):
            image = Image.fromarray(random.integers(0, 256, (4, 4, 3), dtype=np.uint8)).resize((SIDE, SIDE), Image.NEAREST)
            image.save(OUT / f"case-{i}.png", optimize=True)
            values = torch.tensor(((np.asarray(image, np.float32) / 255 - 0.5) / 0.5).transpose(2, 0, 1))[None]
            tokens = model.generate(values, max_new_tokens=LONGEST, do_sample=False, num_beams=1, **ends)[0].tolist()
            cases.append({"image": f"case-{i}.png", "tokens": tokens, "text": tokenizer.decode(tokens)})
            print(cases[-1])
        write_json("expected.json", {"maxTokens": LONGEST, "cases": cases})


main()
