"""A peer's process: `worker.py PEER JOB_FOLDER THREADS`.

Reads a command a line from standard input and answers each with one line of JSON:
check {"values": [...]}, run {"ms": ...}, memory {"peakMiB": ...}.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from job import Job, read_job


class Peer(Protocol):
    version: str
    check: Callable[[], list[float]]
    run: Callable[[], float]


def open_peer(name: str, job: Job, threads: int) -> Peer:
    # Only the library that is asked for is imported: memory is measured.
    if name == "jax":
        from jax_peer import JaxPeer

        return JaxPeer(job, threads)
    from torch_peer import TorchPeer

    return TorchPeer(job, threads, compiled=name == "torchCompile")


def peak_mib() -> float:
    """Peak resident memory of this program alone: `ru_maxrss` would also count the process that started it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def answer(peer: Peer, command: str) -> dict[str, Any]:
    match command:
        case "check":
            return {"values": peer.check()}
        case "run":
            started = time.perf_counter()
            peer.run()
            return {"ms": (time.perf_counter() - started) * 1000}
        case "memory":
            return {"peakMiB": peak_mib()}
    raise ValueError(f"expected check, run or memory, got {command!r}")


def main() -> None:
    name, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    # Answers keep the real standard output to themselves: a library's own words go to standard error.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=out)

    try:
        peer = open_peer(name, read_job(folder), threads)
        say({"version": peer.version})
        for line in sys.stdin:
            say(answer(peer, line.strip()))
    except Exception as error:
        say({"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"})
        raise


if __name__ == "__main__":
    main()
