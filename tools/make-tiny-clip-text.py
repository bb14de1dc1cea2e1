"""Writes packages/models/test-fixtures/tiny-clip-text: a CLIP text tower of some 9,000 parameters as transformers saves it, and what transformers makes of three
texts with it: embeddings, and the gradients of their sum, weighted by fixed numbers.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install transformers==5.17.0 torch==2.13.0 safetensors==0.8.0
    /tmp/venv/bin/python tools/make-tiny-clip-text.py

Weights are random and large enough that no state is near another; norms and biases are random too.
"""

import importlib.util
from pathlib import Path

_find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torchvision" else _find_spec(name, *rest)

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers import CLIPTextConfig, CLIPTextModelWithProjection  # noqa: E402

OUT = Path(__file__).parent.parent / "packages/models/test-fixtures/tiny-clip-text"
END = 49


def main():
    torch.manual_seed(11)
    torch.set_num_threads(1)
    config = CLIPTextConfig(
        vocab_size=50, hidden_size=16, intermediate_size=40, projection_dim=12, num_hidden_layers=3, num_attention_heads=2, max_position_embeddings=10,
        bos_token_id=48, eos_token_id=END, pad_token_id=0,
    )  # fmt: skip
    model = CLIPTextModelWithProjection(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(torch.randn(weight.shape) * (0.2 if weight.dim() > 1 else 0.3) + (1 if name.endswith(("norm1.weight", "norm2.weight", "layer_norm.weight")) else 0))
    # A whole row, shorter ones padded with 0 and with the end token itself (as CLIP's own tokenizer pads).
    ids = torch.tensor(
        [[48, 5, 9, 13, 2, 7, 30, 31, 32, END], [48, 17, 4, END, 0, 0, 0, 0, 0, 0], [48, END, END, END, END, END, END, END, END, END]]
    )
    embeds = model(input_ids=ids).text_embeds
    weights = torch.randn(embeds.shape)
    (embeds * weights).sum().backward()
    gradients = {f"gradient/{name}": parameter.grad for name, parameter in model.named_parameters()}
    OUT.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(OUT)
    save_file({"ids": ids.to(torch.int32), "text_embeds": embeds.detach(), "weights": weights, **gradients}, OUT / "expected.safetensors")


main()
