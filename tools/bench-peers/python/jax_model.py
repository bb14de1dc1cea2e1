"""The compact LLaVA-style model in JAX: functions of named weights, the mathematics and names of @fgam/models."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Config = dict[str, Any]
Tree = dict[str, jax.Array]


def linear(weights: Tree, name: str, x: jax.Array) -> jax.Array:
    y = x @ weights[f"{name}.weight"].T
    bias = weights.get(f"{name}.bias")
    return y if bias is None else y + bias


def gelu(x: jax.Array) -> jax.Array:
    return jax.nn.gelu(x, approximate=False)


def layer_norm(weights: Tree, name: str, x: jax.Array, epsilon: float) -> jax.Array:
    centred = x - x.mean(-1, keepdims=True)
    normal = centred * lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + epsilon)
    return normal * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def rms_norm(weights: Tree, name: str, x: jax.Array, epsilon: float) -> jax.Array:
    return x * lax.rsqrt(jnp.square(x).mean(-1, keepdims=True) + epsilon) * weights[f"{name}.weight"]


def split_heads(x: jax.Array, heads: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """[B, T, 3 D] to queries, keys and values, [B, H, T, d] each."""
    batch, length, _ = x.shape
    q, k, v = x.reshape(batch, length, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    return q, k, v


def merge_heads(x: jax.Array) -> jax.Array:
    batch, heads, length, width = x.shape
    return x.transpose(0, 2, 1, 3).reshape(batch, length, heads * width)


def attention(q: jax.Array, k: jax.Array, v: jax.Array, bias: jax.Array | float = 0.0) -> jax.Array:
    scores = (q * q.shape[-1] ** -0.5) @ k.swapaxes(-1, -2) + bias
    return jax.nn.softmax(scores) @ v


def causal_bias(length: int) -> jax.Array:
    return jnp.where(jnp.tri(length, dtype=bool), 0.0, -1e9)


def vision_tower(weights: Tree, config: Config, pixels: jax.Array) -> jax.Array:
    """Pixels [B, S, S, 3] to tokens [B, N, D]."""
    vision, stem = config["vision_config"], config["fgam"]["stem"]
    root = "vision_tower.vision_model"
    batch, width, epsilon = pixels.shape[0], vision["hidden_size"], vision["layer_norm_eps"]
    if stem["kind"] == "patch":
        # A product is faster here than XLA's convolution.
        size, grid = vision["patch_size"], vision["image_size"] // vision["patch_size"]
        cut = pixels.reshape(batch, grid, size, grid, size, 3).transpose(0, 1, 3, 5, 2, 4)
        kernel = weights[f"{root}.embeddings.patch_embedding.weight"].reshape(width, -1)
        x = cut.reshape(batch, grid * grid, -1) @ kernel.T
    else:
        x = pixels
        for i, stage in enumerate(stem["stages"]):
            name, padding = f"{root}.embeddings.stem.{i}", stage["kernel"] - stage["stride"]
            x = lax.conv_general_dilated(
                x,
                weights[f"{name}.weight"],
                (stage["stride"],) * 2,
                [((padding + 1) // 2, padding // 2)] * 2,
                dimension_numbers=("NHWC", "OIHW", "NHWC"),
            )
            x = gelu(x + weights[f"{name}.bias"])
        x = linear(weights, f"{root}.embeddings.stem_projection", x.reshape(batch, -1, x.shape[-1]))
    x = x + weights[f"{root}.embeddings.position_embedding.weight"]
    for i in range(vision["num_hidden_layers"]):
        name = f"{root}.encoder.layers.{i}"
        normed = layer_norm(weights, f"{name}.layer_norm1", x, epsilon)
        q, k, v = split_heads(
            linear(weights, f"{name}.self_attn.qkv_proj", normed), vision["num_attention_heads"]
        )
        x = x + linear(weights, f"{name}.self_attn.out_proj", merge_heads(attention(q, k, v)))
        inner = linear(weights, f"{name}.mlp.fc1", layer_norm(weights, f"{name}.layer_norm2", x, epsilon))
        x = x + linear(weights, f"{name}.mlp.fc2", gelu(inner))
    return layer_norm(weights, f"{root}.post_layernorm", x, epsilon)


def connector(weights: Tree, config: Config, tokens: jax.Array) -> jax.Array:
    """Vision tokens [B, N, Dv] to visual tokens [B, M, D], cells of merge x merge joined."""
    batch, count, width = tokens.shape
    merge = config["fgam"]["connector_merge"]
    side = math.isqrt(count) // merge
    cells = tokens.reshape(batch, side, merge, side, merge * width).swapaxes(2, 3)
    inner = linear(weights, "multi_modal_projector.linear_1", cells.reshape(batch, side * side, -1))
    return linear(weights, "multi_modal_projector.linear_2", gelu(inner))


def angles(text: Config, positions: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Cosines and sines of positions [B, T]: [B, 1, T, d]."""
    half = text["hidden_size"] // text["num_attention_heads"] // 2
    frequencies = [text["rope_theta"] ** (-(i % half) / half) for i in range(2 * half)]
    turns = positions[:, None, :, None].astype(jnp.float32) * jnp.asarray(frequencies, jnp.float32)
    return jnp.cos(turns), jnp.sin(turns)


def rotate(x: jax.Array, cos: jax.Array, sin: jax.Array) -> jax.Array:
    a, b = jnp.split(x, 2, -1)
    return x * cos + jnp.concatenate((-b, a), -1) * sin


LAYERS = "language_model.model"


def decoder_qkv(
    weights: Tree, text: Config, layer: int, x: jax.Array, cos: jax.Array, sin: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Rotated queries and keys, and values of a layer."""
    name = f"{LAYERS}.layers.{layer}"
    normed = rms_norm(weights, f"{name}.input_layernorm", x, text["rms_norm_eps"])
    q, k, v = split_heads(linear(weights, f"{name}.self_attn.qkv_proj", normed), text["num_attention_heads"])
    return rotate(q, cos, sin), rotate(k, cos, sin), v


def decoder_rest(weights: Tree, text: Config, layer: int, x: jax.Array, mixed: jax.Array) -> jax.Array:
    """A layer after its attention."""
    name = f"{LAYERS}.layers.{layer}"
    x = x + linear(weights, f"{name}.self_attn.o_proj", merge_heads(mixed))
    normed = rms_norm(weights, f"{name}.post_attention_layernorm", x, text["rms_norm_eps"])
    gate, up = jnp.split(linear(weights, f"{name}.mlp.gate_up_proj", normed), 2, -1)
    return x + linear(weights, f"{name}.mlp.down_proj", jax.nn.silu(gate) * up)


def language_model(
    weights: Tree, config: Config, x: jax.Array, positions: jax.Array, bias: jax.Array | None = None
) -> jax.Array:
    """The last hidden state [B, T, D] of embeddings; causal without a bias."""
    text = config["text_config"]
    cos, sin = angles(text, positions)
    bias = causal_bias(x.shape[1]) if bias is None else bias
    for layer in range(text["num_hidden_layers"]):
        q, k, v = decoder_qkv(weights, text, layer, x, cos, sin)
        x = decoder_rest(weights, text, layer, x, attention(q, k, v, bias))
    return last_norm(weights, text, x)


def last_norm(weights: Tree, text: Config, x: jax.Array) -> jax.Array:
    return rms_norm(weights, f"{LAYERS}.norm", x, text["rms_norm_eps"])


def embed(weights: Tree, ids: jax.Array) -> jax.Array:
    return weights[f"{LAYERS}.embed_tokens.weight"][ids]


def token_logits(weights: Tree, hidden: jax.Array) -> jax.Array:
    return hidden @ weights[f"{LAYERS}.embed_tokens.weight"].T
