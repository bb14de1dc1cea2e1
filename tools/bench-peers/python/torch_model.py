"""The compact LLaVA-style model in PyTorch: the same mathematics and weight names as @fgam/models."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Config = dict[str, Any]


class EncoderLayer(nn.Module):
    """A pre-norm ViT layer."""

    def __init__(self, vision: Config) -> None:
        super().__init__()
        width, inner = vision["hidden_size"], vision["intermediate_size"]
        self.heads = vision["num_attention_heads"]
        self.layer_norm1 = nn.LayerNorm(width, vision["layer_norm_eps"])
        self.self_attn = nn.ModuleDict(
            {"qkv_proj": nn.Linear(width, 3 * width), "out_proj": nn.Linear(width, width)}
        )
        self.layer_norm2 = nn.LayerNorm(width, vision["layer_norm_eps"])
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, inner), "fc2": nn.Linear(inner, width)})

    def forward(self, x: Tensor) -> Tensor:
        batch, count, width = x.shape
        qkv = self.self_attn["qkv_proj"](self.layer_norm1(x))
        q, k, v = qkv.view(batch, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = F.scaled_dot_product_attention(q, k, v)
        x = x + self.self_attn["out_proj"](mixed.transpose(1, 2).reshape(batch, count, width))
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.layer_norm2(x))))


class VisionTower(nn.Module):
    """Pixels [B, S, S, 3] to tokens [B, N, D]: a patch embedding or a stem of convolutions, then encoder layers."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        vision, stem = config["vision_config"], config["fgam"]["stem"]
        width, size = vision["hidden_size"], vision["patch_size"]
        self.vision_model = model = nn.Module()
        model.embeddings = embeddings = nn.Module()
        self.is_patch = stem["kind"] == "patch"
        if self.is_patch:
            embeddings.patch_embedding = nn.Conv2d(3, width, size, size, bias=False)
        else:
            channels = 3
            embeddings.stem = nn.ModuleList()
            for stage in stem["stages"]:
                kernel, stride = stage["kernel"], stage["stride"]
                padding = (kernel - stride + 1) // 2
                embeddings.stem.append(nn.Conv2d(channels, stage["width"], kernel, stride, padding))
                channels = stage["width"]
            embeddings.stem_projection = nn.Linear(channels, width)
        embeddings.position_embedding = nn.Embedding((vision["image_size"] // size) ** 2, width)
        model.encoder = nn.Module()
        model.encoder.layers = nn.ModuleList(
            EncoderLayer(vision) for _ in range(vision["num_hidden_layers"])
        )
        model.post_layernorm = nn.LayerNorm(width, vision["layer_norm_eps"])

    def forward(self, pixels: Tensor) -> Tensor:
        embeddings = self.vision_model.embeddings
        x = pixels.permute(0, 3, 1, 2)  # channels last in memory
        if self.is_patch:
            x = embeddings.patch_embedding(x).flatten(2).transpose(1, 2)
        else:
            for convolution in embeddings.stem:
                x = F.gelu(convolution(x))
            x = embeddings.stem_projection(x.permute(0, 2, 3, 1).flatten(1, 2))
        x = x + embeddings.position_embedding.weight
        for layer in self.vision_model.encoder.layers:
            x = layer(x)
        return self.vision_model.post_layernorm(x)


class Connector(nn.Module):
    """Vision tokens [B, N, Dv] to visual tokens [B, M, D], cells of merge x merge joined."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.merge = config["fgam"]["connector_merge"]
        width = config["text_config"]["hidden_size"]
        self.linear_1 = nn.Linear(config["vision_config"]["hidden_size"] * self.merge**2, width)
        self.linear_2 = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        batch, count, width = tokens.shape
        merge, side = self.merge, math.isqrt(count) // self.merge
        cells = tokens.view(batch, side, merge, side, merge * width).transpose(2, 3)
        return self.linear_2(F.gelu(self.linear_1(cells.reshape(batch, side * side, -1))))


class DecoderLayer(nn.Module):
    """A LLaMA layer: RMS norm, rotary attention, SwiGLU."""

    def __init__(self, text: Config) -> None:
        super().__init__()
        width, inner = text["hidden_size"], text["intermediate_size"]
        self.heads = text["num_attention_heads"]
        self.input_layernorm = nn.RMSNorm(width, text["rms_norm_eps"])
        self.self_attn = nn.ModuleDict(
            {
                "qkv_proj": nn.Linear(width, 3 * width, bias=False),
                "o_proj": nn.Linear(width, width, bias=False),
            }
        )
        self.post_attention_layernorm = nn.RMSNorm(width, text["rms_norm_eps"])
        self.mlp = nn.ModuleDict(
            {
                "gate_up_proj": nn.Linear(width, 2 * inner, bias=False),
                "down_proj": nn.Linear(inner, width, bias=False),
            }
        )

    def heads_of(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rotated queries and keys, and values, [B, H, T, d] each."""
        batch, length, _ = x.shape
        qkv = self.self_attn["qkv_proj"](self.input_layernorm(x))
        q, k, v = qkv.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        return rotate(q, cos, sin), rotate(k, cos, sin), v

    def rest(self, x: Tensor, mixed: Tensor) -> Tensor:
        """The layer after its attention."""
        x = x + self.self_attn["o_proj"](mixed.transpose(1, 2).reshape(x.shape))
        gate, up = self.mlp["gate_up_proj"](self.post_attention_layernorm(x)).chunk(2, -1)
        return x + self.mlp["down_proj"](F.silu(gate) * up)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None) -> Tensor:
        q, k, v = self.heads_of(x, cos, sin)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        return self.rest(x, mixed)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


class LanguageModel(nn.Module):
    """A LLaMA decoder with tied embeddings."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        text = config["text_config"]
        self.model = model = nn.Module()
        width = text["hidden_size"]
        model.embed_tokens = nn.Embedding(text["vocab_size"], width)
        model.layers = nn.ModuleList(DecoderLayer(text) for _ in range(text["num_hidden_layers"]))
        model.norm = nn.RMSNorm(width, text["rms_norm_eps"])
        half = width // text["num_attention_heads"] // 2
        frequencies = text["rope_theta"] ** (-torch.arange(half, dtype=torch.float64) / half)
        self.register_buffer("frequencies", frequencies.float().repeat(2), persistent=False)

    def angles(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines of positions [B, T] (or [1, T]): [B, 1, T, d]."""
        angles = positions[:, None, :, None].float() * self.frequencies
        return angles.cos(), angles.sin()

    def forward(self, x: Tensor, positions: Tensor, mask: Tensor | None = None) -> Tensor:
        """The last hidden state [B, T, D] of embeddings; causal without a mask."""
        cos, sin = self.angles(positions)
        for layer in self.model.layers:
            x = layer(x, cos, sin, mask)
        return self.model.norm(x)

    def embed(self, ids: Tensor) -> Tensor:
        return self.model.embed_tokens(ids)

    def logits(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.model.embed_tokens.weight)


class Heads(nn.Module):
    """Stage 1's projections, logit scales and relation head."""

    def __init__(self, config: Config, names: frozenset[str]) -> None:
        super().__init__()
        fgam, width = config["fgam"], config["fgam"]["embed_dim"]
        self.vision_projection = nn.Linear(config["vision_config"]["hidden_size"], width, bias=False)
        if "fgam.text_projection.weight" not in names:
            return
        self.text_projection = nn.Linear(config["text_config"]["hidden_size"], width, bias=False)
        self.region_logit_scale = nn.Parameter(torch.zeros(()))
        self.image_logit_scale = nn.Parameter(torch.zeros(()))
        hidden = fgam["relation_hidden_size"]
        self.relation_head = nn.ModuleDict(
            {"linear_1": nn.Linear(2 * width, hidden), "linear_2": nn.Linear(hidden, 7)}
        )

    def relation_logits(self, regions: Tensor) -> Tensor:
        """Regions [B, R, E] to [B, R, R, 7]: the first layer is applied to regions, not to pairs."""
        first = self.relation_head["linear_1"]
        of_subject, of_object = first.weight.chunk(2, 1)
        subject = F.linear(regions, of_subject)
        other = F.linear(regions, of_object, first.bias)
        return self.relation_head["linear_2"](F.gelu(subject[:, :, None] + other[:, None]))


class Model(nn.Module):
    """The parts of the model that a program's weights hold."""

    def __init__(self, config: Config, names: frozenset[str]) -> None:
        super().__init__()

        def has(prefix: str) -> bool:
            return any(name.startswith(prefix) for name in names)

        if has("vision_tower."):
            self.vision_tower = VisionTower(config)
        if has("multi_modal_projector."):
            self.multi_modal_projector = Connector(config)
        if has("language_model."):
            self.language_model = LanguageModel(config)
        if has("fgam."):
            self.fgam = Heads(config, names)
