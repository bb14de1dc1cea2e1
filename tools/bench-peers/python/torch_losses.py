"""The programs' losses in PyTorch, from a batch of named tensors."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from torch_model import Model

Batch = dict[str, Tensor]
Loss = Callable[[Batch], Tensor]


def decoder_loss(model: Model, details: dict[str, Any]) -> Loss:
    language = model.language_model

    def loss(batch: Batch) -> Tensor:
        ids = batch["inputIds"]
        hidden = language(language.embed(ids), torch.arange(ids.shape[1])[None])
        return F.cross_entropy(language.logits(hidden).flatten(0, 1), batch["targets"].flatten())

    return loss


def vision_loss(model: Model, details: dict[str, Any]) -> Loss:
    def loss(batch: Batch) -> Tensor:
        tokens = model.vision_tower(batch["pixels"])
        return F.cross_entropy(model.fgam.vision_projection(tokens.mean(1)), batch["labels"])

    return loss


def composite_loss(model: Model, details: dict[str, Any]) -> Loss:
    """Captions or answers, and stage 1's three contrasts, each with its weight; a part of weight 0 is left out."""
    weights, block = details["lossWeights"], details["blockLength"]

    def loss(batch: Batch) -> Tensor:
        tokens = model.vision_tower(batch["pixels"])
        total = weights["tokens"] * token_loss(model, tokens, batch, block)
        if weights["global"] > 0:
            total = total + weights["global"] * global_loss(model, tokens, batch)
        if weights["regionText"] > 0:
            pooled = batch["roiWeights"] @ tokens
            regions = unit_rows(model.fgam.vision_projection(pooled))
            total = total + weights["regionText"] * region_text_loss(model, regions, batch)
            total = total + weights["spatial"] * relation_loss(model, regions, batch)
        return total

    return loss


def token_loss(model: Model, tokens: Tensor, batch: Batch, block: int) -> Tensor:
    """Masked cross-entropy of packed segments that see the visual prefix and themselves."""
    language = model.language_model
    visual = model.multi_modal_projector(tokens)
    prefix = visual.shape[1]
    start = torch.arange(prefix).expand(visual.shape[0], -1)
    positions = torch.cat((start, batch["positions"] + prefix), 1)
    x = torch.cat((visual, language.embed(batch["inputIds"])), 1)
    hidden = language(x, positions, packed_mask(batch["segmentIds"], prefix, block))
    logits = language.logits(hidden[:, prefix:]).flatten(0, 1)
    losses = F.cross_entropy(logits, batch["targets"].flatten(), reduction="none")
    mask = batch["targetMask"].flatten()
    return (losses * mask).sum() / mask.sum().clamp(min=1)


def packed_mask(segments: Tensor, prefix: int, block: int) -> Tensor:
    """[B, 1, M + T, M + T]: the prefix sees itself; a token sees the prefix and what is before it in its segment."""
    batch, length = segments.shape
    at = torch.arange(length)
    near = (at[:, None] >= at) & (at[:, None] // block == at // block)
    mask = torch.zeros(batch, 1, prefix + length, prefix + length, dtype=torch.bool)
    mask[..., :prefix] = True
    mask[:, 0, prefix:, prefix:] = near & (segments[:, :, None] == segments[:, None])
    return torch.zeros(mask.shape).masked_fill_(~mask, -math.inf)


def text_embeddings(model: Model, ids: Tensor, mask: Tensor) -> Tensor:
    """The mean of the last hidden state over a text's tokens, projected: [M, E], unit rows."""
    language = model.language_model
    hidden = language(language.embed(ids), torch.arange(ids.shape[1])[None])
    shares = mask / mask.sum(1, keepdim=True).clamp(min=1)
    pooled = (shares[:, None] @ hidden).squeeze(1)
    return unit_rows(model.fgam.text_projection(pooled))


def unit_rows(x: Tensor) -> Tensor:
    return x * (x.square().sum(-1, keepdim=True) + 1e-12).rsqrt()


def global_loss(model: Model, tokens: Tensor, batch: Batch) -> Tensor:
    images = unit_rows(model.fgam.vision_projection(tokens.mean(1)))
    texts = text_embeddings(model, batch["captionIds"], batch["captionMask"])
    theta = model.fgam.image_logit_scale
    return contrastive_loss(images, texts, theta, batch["hasCaption"], batch["captionGroups"])


def region_text_loss(model: Model, regions: Tensor, batch: Batch) -> Tensor:
    texts = text_embeddings(model, batch["textIds"].flatten(0, 1), batch["textMask"].flatten(0, 1))
    theta = model.fgam.region_logit_scale
    present, groups = batch["regionMask"].flatten(), batch["textGroups"].flatten()
    return contrastive_loss(regions.flatten(0, 1), texts, theta, present, groups)


def contrastive_loss(
    images: Tensor, texts: Tensor, theta: Tensor, present: Tensor, groups: Tensor
) -> Tensor:
    """Symmetric InfoNCE; rows of one group are positives of each other, absent rows count nowhere."""
    logits = images @ texts.T * theta.clamp(0, math.log(100)).exp()
    bias = (1 - present) * -1e9
    likelihoods = torch.logsumexp(logits + bias, 1) + torch.logsumexp(logits + bias[:, None], 0)
    same = (groups[:, None] == groups).float()
    sizes = (same * present).sum(1).clamp(min=1)
    matches = same * logits
    matched = ((matches * present).sum(1) + (matches * present[:, None]).sum(0)) / sizes
    return ((likelihoods - matched) * present).sum() / (2 * present.sum().clamp(min=1))


def relation_loss(model: Model, regions: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy of the relation of each ordered pair of regions; -1 is no label."""
    logits, labels = model.fgam.relation_logits(regions), batch["relations"].flatten()
    losses = F.cross_entropy(logits.flatten(0, 2), labels, ignore_index=-1, reduction="sum")
    return losses / (labels >= 0).sum().clamp(min=1)


LOSSES: dict[str, Callable[[Model, dict[str, Any]], Loss]] = {
    "tokens": decoder_loss,
    "classes": vision_loss,
    "composite": composite_loss,
}
