"""A job: the program that every peer runs, with its weights and inputs, as the Node side wrote it into a folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]

DTYPES = {"F32": np.float32, "I32": np.int32}
# Maps of one input whose weights are laid one under the other, for one product instead of several.
FUSED = {
    "self_attn.qkv_proj": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "mlp.gate_up_proj": ("mlp.gate_proj", "mlp.up_proj"),
}


@dataclass(frozen=True)
class Job:
    program: str
    config: dict[str, Any]
    """Hugging Face's names; the same object that the Node side builds its model from."""
    details: dict[str, Any]
    """What a program is beyond its model: optimizer, weights of the loss, lengths."""
    weights: Arrays
    inputs: Arrays
    trainable: frozenset[str]
    decays: frozenset[str]


def read_job(folder: Path) -> Job:
    details = json.loads((folder / "job.json").read_text())
    names = {name: fused for fused, parts in FUSED.items() for name in parts}

    def renamed(weights: list[str]) -> frozenset[str]:
        return frozenset(_fused_name(name, names) for name in weights)

    return Job(
        program=details["program"],
        config=details["config"],
        details=details,
        weights=_fuse(read_safetensors(folder / "weights.safetensors")),
        inputs=read_safetensors(folder / "inputs.safetensors"),
        trainable=renamed(details.get("trainable", [])),
        decays=renamed(details.get("decays", [])),
    )


def read_safetensors(path: Path) -> Arrays:
    """Eight bytes of header length, a JSON header, raw little-endian data."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(
            raw[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]],
            dtype=DTYPES[entry["dtype"]],
        ).reshape(entry["shape"])
        for name, entry in header.items()
    }


def _fused_name(name: str, names: dict[str, str]) -> str:
    for part, fused in names.items():
        if f".{part}." in name:
            return name.replace(part, fused)
    return name


def _fuse(weights: Arrays) -> Arrays:
    result = dict(weights)
    for fused, parts in FUSED.items():
        for name in weights:
            if f".{parts[0]}." in name:
                pieces = [result.pop(name.replace(parts[0], part)) for part in parts]
                result[name.replace(parts[0], fused)] = np.concatenate(pieces)
    return result
