"""Greedy decoding with a key-value cache in JAX: the whole of it is one program."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from jax_model import (
    Tree,
    angles,
    attention,
    causal_bias,
    decoder_qkv,
    decoder_rest,
    embed,
    last_norm,
    token_logits,
)
from job import Job

Chosen = tuple[jax.Array, jax.Array]
Cache = tuple[tuple[jax.Array, jax.Array], ...]


def decoding(job: Job) -> Callable[[], float]:
    """Prefill and a scan of one-token steps; gives the mean log-probability of the chosen tokens."""
    text = job.config["text_config"]
    layers = range(text["num_hidden_layers"])
    offset, count = job.details["positionOffset"], job.details["newTokens"]
    forbidden = jnp.asarray(job.details["forbidden"])
    weights = {name: jnp.asarray(array) for name, array in job.weights.items()}
    prompts = jnp.asarray(job.inputs["prompts"])
    length = prompts.shape[1]
    capacity = length + count

    def choose(weights: Tree, x: jax.Array) -> Chosen:
        logits = token_logits(weights, last_norm(weights, text, x))
        token = logits.at[:, forbidden].set(-jnp.inf).argmax(-1)
        chosen = jnp.take_along_axis(logits, token[:, None], 1)[:, 0]
        return token, chosen - jax.nn.logsumexp(logits, -1)

    def prefill(weights: Tree, prompts: jax.Array) -> tuple[Cache, Chosen]:
        x = embed(weights, prompts)
        cos, sin = angles(text, jnp.arange(length)[None] + offset)
        cache = []
        for layer in layers:
            q, k, v = decoder_qkv(weights, text, layer, x, cos, sin)
            room = ((0, 0), (0, 0), (0, count), (0, 0))
            cache.append((jnp.pad(k, room), jnp.pad(v, room)))
            x = decoder_rest(weights, text, layer, x, attention(q, k, v, causal_bias(length)))
        return tuple(cache), choose(weights, x[:, -1])

    @jax.jit
    def decode(weights: Tree, prompts: jax.Array) -> jax.Array:
        def step(carry: tuple[Cache, jax.Array], at: jax.Array) -> tuple[tuple[Cache, jax.Array], jax.Array]:
            cache, token = carry
            x = embed(weights, token)[:, None]
            cos, sin = angles(text, at[None, None] + offset)
            bias = jnp.where(jnp.arange(capacity) <= at, 0.0, -1e9)
            grown = []
            for layer in layers:
                q, k, v = decoder_qkv(weights, text, layer, x, cos, sin)
                keys = lax.dynamic_update_slice_in_dim(cache[layer][0], k, at, 2)
                values = lax.dynamic_update_slice_in_dim(cache[layer][1], v, at, 2)
                grown.append((keys, values))
                x = decoder_rest(weights, text, layer, x, attention(q, keys, values, bias))
            token, chance = choose(weights, x[:, 0])
            return (tuple(grown), token), chance

        cache, (token, chance) = prefill(weights, prompts)
        _, chances = lax.scan(step, (cache, token), jnp.arange(length, length + count - 1))
        return jnp.concatenate((chance[None], chances)).mean()

    return lambda: float(decode(weights, prompts))
