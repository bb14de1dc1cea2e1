"""JAX: one jitted program with donated state."""

import os
from collections.abc import Callable

from job import Job


class JaxPeer:
    """One program: `check` gives numbers that all peers must agree on, `run` is what is timed."""

    def __init__(self, job: Job, threads: int) -> None:
        # XLA takes one thread a core that it may use, and has no other setting that all of it heeds.
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        os.environ["JAX_PLATFORMS"] = "cpu"
        import jax

        from jax_decode import decoding
        from jax_step import training_step

        self.version = jax.__version__
        is_decode = job.details["kind"] == "decode"
        self.run: Callable[[], float] = decoding(job) if is_decode else training_step(job)
        self.checks = 1 if is_decode else 3

    def check(self) -> list[float]:
        return [self.run() for _ in range(self.checks)]
