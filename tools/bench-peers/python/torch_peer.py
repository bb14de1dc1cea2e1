"""PyTorch, eager or through torch.compile."""

import shutil
from collections.abc import Callable

import torch
from torch import nn

from job import Job
from torch_decode import Decoder
from torch_losses import LOSSES
from torch_model import Model


class TorchPeer:
    """One program: `check` gives numbers that all peers must agree on, `run` is what is timed."""

    def __init__(self, job: Job, threads: int, compiled: bool) -> None:
        if compiled and shutil.which("g++") is None:
            raise RuntimeError("torch.compile needs a C++ compiler, and there is no g++")
        torch.set_num_threads(threads)
        self.version = torch.__version__
        self.model = load_model(job)
        if job.details["kind"] == "decode":
            decoder = Decoder(self.model, job, compiled)
            self.check: Callable[[], list[float]] = decoder.check
            self.run: Callable[[], float] = decoder.run
        else:
            step = training_step(self.model, job, compiled)
            self.check = lambda: [step() for _ in range(3)]
            self.run = step


def load_model(job: Job) -> Model:
    model = Model(job.config, frozenset(job.weights))
    state = {name: torch.from_numpy(array.copy()) for name, array in job.weights.items()}
    model.load_state_dict(state)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in job.trainable)
    return model


def training_step(model: nn.Module, job: Job, compiled: bool) -> Callable[[], float]:
    """Forward, backward, clipping by the global norm and AdamW; returns the loss before the update."""
    batch = {
        name: torch.from_numpy(array.copy()).to(torch.long if array.dtype.kind == "i" else torch.float32)
        for name, array in job.inputs.items()
    }
    loss_of = LOSSES[job.details["loss"]](model, job.details)
    if compiled:
        loss_of = torch.compile(loss_of, dynamic=False)
    settings = job.details["optimizer"]
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    groups = [
        {"params": [p for name, p in trained.items() if name in job.decays], "weight_decay": settings["weightDecay"]},
        {"params": [p for name, p in trained.items() if name not in job.decays], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        groups,
        lr=job.details["learningRate"],
        betas=(settings["beta1"], settings["beta2"]),
        eps=settings["epsilon"],
        fused=True,
    )
    parameters = list(trained.values())

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, settings["clipNorm"], foreach=True)
        optimizer.step()
        return loss.item()

    return step
