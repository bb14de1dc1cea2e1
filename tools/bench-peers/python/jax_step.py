"""A training step in JAX."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from jax_losses import LOSSES
from job import Job

Tree = dict[str, jax.Array]
State = tuple[Tree, Tree, Tree, jax.Array]


def training_step(job: Job) -> Callable[[], float]:
    """Forward, backward, clipping by the global norm and AdamW as one program; gives the loss before the update."""
    settings: dict[str, Any] = job.details["optimizer"]
    rate = job.details["learningRate"]
    beta1, beta2 = settings["beta1"], settings["beta2"]
    loss_of = LOSSES[job.details["loss"]](job.config, job.details)
    weights = {name: jnp.asarray(array) for name, array in job.weights.items()}
    frozen = {name: array for name, array in weights.items() if name not in job.trainable}
    trained = {name: array for name, array in weights.items() if name in job.trainable}
    batch = {name: jnp.asarray(array) for name, array in job.inputs.items()}

    def update(state: State, frozen: Tree, batch: Tree) -> tuple[State, jax.Array]:
        trained, first, second, count = state
        loss, gradients = jax.value_and_grad(lambda w: loss_of({**frozen, **w}, batch))(trained)
        norm = jnp.sqrt(sum(jnp.sum(jnp.square(g)) for g in gradients.values()))
        factor = jnp.minimum(1.0, settings["clipNorm"] / (norm + 1e-6))
        count = count + 1
        new: tuple[Tree, Tree, Tree] = ({}, {}, {})
        for name, weight in trained.items():
            g = gradients[name] * factor
            m = beta1 * first[name] + (1 - beta1) * g
            v = beta2 * second[name] + (1 - beta2) * jnp.square(g)
            direction = (m / (1 - beta1**count)) / (jnp.sqrt(v / (1 - beta2**count)) + settings["epsilon"])
            decay = settings["weightDecay"] if name in job.decays else 0.0
            new[0][name] = weight - rate * (direction + decay * weight)
            new[1][name], new[2][name] = m, v
        return (*new, count), loss

    compiled = jax.jit(update, donate_argnums=0)

    def zeros() -> Tree:
        return {name: jnp.zeros_like(array) for name, array in trained.items()}

    state: State = (trained, zeros(), zeros(), jnp.float32(0))

    def step() -> float:
        nonlocal state
        state, loss = compiled(state, frozen, batch)
        jax.block_until_ready(state)
        return float(loss)

    return step
