"""Greedy decoding with a key-value cache in PyTorch."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from job import Job
from torch_model import Model


class Decoder:
    """Prefill, then one token a row and step. Eager: over the part of the cache in use; compiled: one shape, masked."""

    def __init__(self, model: Model, job: Job, compiled: bool) -> None:
        text = job.config["text_config"]
        self.language = model.language_model.eval()
        self.prompts = torch.from_numpy(job.inputs["prompts"].copy()).long()
        self.new_tokens: int = job.details["newTokens"]
        # Text comes after the places of visual tokens, with an image or without.
        self.offset: int = job.details["positionOffset"]
        batch, length = self.prompts.shape
        self.capacity = length + self.new_tokens
        heads = text["num_attention_heads"]
        shape = (batch, heads, self.capacity, text["hidden_size"] // heads)
        self.keys = [torch.zeros(shape) for _ in range(text["num_hidden_layers"])]
        self.values = [torch.zeros(shape) for _ in range(text["num_hidden_layers"])]
        self.bias = torch.zeros(text["vocab_size"])
        self.bias[job.details["forbidden"]] = -math.inf
        cos, sin = self.language.angles(torch.arange(self.capacity)[None] + self.offset)
        self.cos, self.sin = cos, sin
        self.masks = torch.full((self.capacity, self.capacity), -math.inf).triu(1)
        self.compiled = compiled
        self.step = torch.compile(self.one_token, dynamic=False) if compiled else self.one_token

    def choose(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden states [B, D] to the likeliest token of each row and its log-probability."""
        logits = self.language.logits(self.language.model.norm(x))
        token = (logits + self.bias).argmax(-1)
        chosen = logits.gather(1, token[:, None]).squeeze(1)
        return token, chosen - logits.logsumexp(-1)

    def prefill(self) -> tuple[Tensor, Tensor]:
        length = self.prompts.shape[1]
        x = self.language.embed(self.prompts)
        cos, sin = self.cos[:, :, :length], self.sin[:, :, :length]
        for layer, keys, values in zip(self.language.model.layers, self.keys, self.values):
            q, k, v = layer.heads_of(x, cos, sin)
            keys[:, :, :length] = k
            values[:, :, :length] = v
            x = layer.rest(x, F.scaled_dot_product_attention(q, k, v, is_causal=True))
        return self.choose(x[:, -1])

    def one_token(self, token: Tensor, cos: Tensor, sin: Tensor, at: Tensor | int, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        x = self.language.embed(token)[:, None]
        for layer, keys, values in zip(self.language.model.layers, self.keys, self.values):
            q, k, v = layer.heads_of(x, cos, sin)
            if mask is None:
                keys[:, :, at] = k[:, :, 0]
                values[:, :, at] = v[:, :, 0]
                keys, values = keys[:, :, : at + 1], values[:, :, : at + 1]
            else:
                keys.index_copy_(2, at, k)
                values.index_copy_(2, at, v)
            x = layer.rest(x, F.scaled_dot_product_attention(q, keys, values, attn_mask=mask))
        return self.choose(x[:, 0])

    @torch.inference_mode()
    def run(self) -> float:
        """Decodes all; the mean log-probability of the chosen tokens."""
        length = self.prompts.shape[1]
        token, chance = self.prefill()
        chances, tokens = [chance], [token]
        for at in range(length, length + self.new_tokens - 1):
            cos, sin = self.cos[:, :, at : at + 1], self.sin[:, :, at : at + 1]
            if self.compiled:
                # clone: a view's offset would be a guard of the compiled code
                place, mask = torch.tensor([at]), self.masks[at : at + 1].clone()
                token, chance = self.step(token, cos.clone(), sin.clone(), place, mask)
            else:
                token, chance = self.step(token, cos, sin, at, None)
            chances.append(chance)
            tokens.append(token)
        self.tokens = torch.stack(tokens, 1).tolist()
        return torch.stack(chances).mean().item()

    def check(self) -> list[float]:
        return [self.run()]
