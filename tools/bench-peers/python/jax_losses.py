"""The programs' losses in JAX, from named weights and a batch of named arrays."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from jax_model import (
    Config,
    Tree,
    connector,
    embed,
    gelu,
    language_model,
    linear,
    token_logits,
    vision_tower,
)

Details = dict[str, Any]
Loss = Callable[[Tree, Tree], jax.Array]


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """-log softmax(logits)[label], row by row; labels below 0 read label 0."""
    chosen = jnp.take_along_axis(logits, jnp.maximum(labels, 0)[..., None], -1)[..., 0]
    return jax.nn.logsumexp(logits, -1) - chosen


def decoder_loss(config: Config, details: Details) -> Loss:
    def loss(weights: Tree, batch: Tree) -> jax.Array:
        ids = batch["inputIds"]
        hidden = language_model(weights, config, embed(weights, ids), jnp.arange(ids.shape[1])[None])
        return cross_entropy(token_logits(weights, hidden), batch["targets"]).mean()

    return loss


def vision_loss(config: Config, details: Details) -> Loss:
    def loss(weights: Tree, batch: Tree) -> jax.Array:
        pooled = vision_tower(weights, config, batch["pixels"]).mean(1)
        return cross_entropy(linear(weights, "fgam.vision_projection", pooled), batch["labels"]).mean()

    return loss


def composite_loss(config: Config, details: Details) -> Loss:
    """Captions or answers, and stage 1's three contrasts, each with its weight; a part of weight 0 is left out."""
    parts, block = details["lossWeights"], details["blockLength"]

    def loss(weights: Tree, batch: Tree) -> jax.Array:
        tokens = vision_tower(weights, config, batch["pixels"])
        total = parts["tokens"] * token_loss(weights, config, tokens, batch, block)
        if parts["global"] > 0:
            total += parts["global"] * global_loss(weights, config, tokens, batch)
        if parts["regionText"] > 0:
            pooled = batch["roiWeights"] @ tokens
            regions = unit_rows(linear(weights, "fgam.vision_projection", pooled))
            total += parts["regionText"] * region_text_loss(weights, config, regions, batch)
            total += parts["spatial"] * relation_loss(weights, regions, batch)
        return total

    return loss


def token_loss(weights: Tree, config: Config, tokens: jax.Array, batch: Tree, block: int) -> jax.Array:
    """Masked cross-entropy of packed segments that see the visual prefix and themselves."""
    visual = connector(weights, config, tokens)
    rows, prefix, _ = visual.shape
    start = jnp.broadcast_to(jnp.arange(prefix), (rows, prefix))
    positions = jnp.concatenate((start, batch["positions"] + prefix), 1)
    x = jnp.concatenate((visual, embed(weights, batch["inputIds"])), 1)
    hidden = language_model(weights, config, x, positions, packed_bias(batch["segmentIds"], prefix, block))
    losses = cross_entropy(token_logits(weights, hidden[:, prefix:]), batch["targets"])
    mask = batch["targetMask"]
    return (losses * mask).sum() / jnp.maximum(mask.sum(), 1)


def packed_bias(segments: jax.Array, prefix: int, block: int) -> jax.Array:
    """[B, 1, M + T, M + T]: the prefix sees itself; a token sees the prefix and what is before it in its segment."""
    at = jnp.arange(segments.shape[1])
    near = (at[:, None] >= at) & (at[:, None] // block == at // block)
    own = near & (segments[:, :, None] == segments[:, None])
    seen = jnp.pad(own, ((0, 0), (prefix, 0), (prefix, 0))).at[:, :, :prefix].set(True)
    return jnp.where(seen, 0.0, -1e9)[:, None]


def text_embeddings(weights: Tree, config: Config, ids: jax.Array, mask: jax.Array) -> jax.Array:
    """The mean of the last hidden state over a text's tokens, projected: [M, E], unit rows."""
    hidden = language_model(weights, config, embed(weights, ids), jnp.arange(ids.shape[1])[None])
    shares = mask / jnp.maximum(mask.sum(1, keepdims=True), 1)
    return unit_rows(linear(weights, "fgam.text_projection", (shares[:, None] @ hidden)[:, 0]))


def unit_rows(x: jax.Array) -> jax.Array:
    return x * lax.rsqrt(jnp.square(x).sum(-1, keepdims=True) + 1e-12)


def global_loss(weights: Tree, config: Config, tokens: jax.Array, batch: Tree) -> jax.Array:
    images = unit_rows(linear(weights, "fgam.vision_projection", tokens.mean(1)))
    texts = text_embeddings(weights, config, batch["captionIds"], batch["captionMask"])
    theta = weights["fgam.image_logit_scale"]
    return contrastive_loss(images, texts, theta, batch["hasCaption"], batch["captionGroups"])


def region_text_loss(weights: Tree, config: Config, regions: jax.Array, batch: Tree) -> jax.Array:
    ids, mask = batch["textIds"], batch["textMask"]
    length, width = ids.shape[-1], regions.shape[-1]
    texts = text_embeddings(weights, config, ids.reshape(-1, length), mask.reshape(-1, length))
    theta = weights["fgam.region_logit_scale"]
    present, groups = batch["regionMask"].reshape(-1), batch["textGroups"].reshape(-1)
    return contrastive_loss(regions.reshape(-1, width), texts, theta, present, groups)


def contrastive_loss(
    images: jax.Array, texts: jax.Array, theta: jax.Array, present: jax.Array, groups: jax.Array
) -> jax.Array:
    """Symmetric InfoNCE; rows of one group are positives of each other, absent rows count nowhere."""
    logits = images @ texts.T * jnp.exp(jnp.clip(theta, 0, math.log(100)))
    bias = (1 - present) * -1e9
    likelihoods = jax.nn.logsumexp(logits + bias, 1) + jax.nn.logsumexp(logits + bias[:, None], 0)
    same = (groups[:, None] == groups).astype(jnp.float32)
    sizes = jnp.maximum((same * present).sum(1), 1)
    matches = same * logits
    matched = ((matches * present).sum(1) + (matches * present[:, None]).sum(0)) / sizes
    return ((likelihoods - matched) * present).sum() / (2 * jnp.maximum(present.sum(), 1))


def relation_loss(weights: Tree, regions: jax.Array, batch: Tree) -> jax.Array:
    """Cross-entropy of the relation of each ordered pair of regions; -1 is no label."""
    of_subject, of_object = jnp.split(weights["fgam.relation_head.linear_1.weight"], 2, 1)
    subject = regions @ of_subject.T
    other = regions @ of_object.T + weights["fgam.relation_head.linear_1.bias"]
    logits = linear(weights, "fgam.relation_head.linear_2", gelu(subject[:, :, None] + other[:, None]))
    labels = batch["relations"]
    present = (labels >= 0).astype(jnp.float32)
    return (cross_entropy(logits, labels) * present).sum() / jnp.maximum(present.sum(), 1)


LOSSES: dict[str, Callable[[Config, Details], Loss]] = {
    "tokens": decoder_loss,
    "classes": vision_loss,
    "composite": composite_loss,
}
