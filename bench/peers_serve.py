"""How a peer answers the driver of the benchmarks: one request a line on stdin, one line of JSON back.

`run` -> {"milliseconds", "loss"}, `memory` -> {"peak_bytes"}, `digest` -> {"digest"} (what the last run made, as a
SHA-256; null where there is nothing to compare), `quit` ends it. Before the first request it says {"ready": true}.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypedDict

Work = Callable[[], "float | None"]


class Run(TypedDict):
    """What one run took, and its loss where it learns."""

    milliseconds: float
    loss: float | None


def timed(work: Work) -> Run:
    """Does the work once."""
    clock = time.process_time if os.environ.get("DIDE_BENCH_CLOCK") == "processors" else time.perf_counter
    start = clock()
    loss = work()
    return {"milliseconds": (clock() - start) * 1000, "loss": loss}


def peak_bytes() -> int | None:
    """The most memory this process ever held (VmHWM); None where there is no /proc."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


def write(record: Mapping[str, object]) -> None:
    """One line of JSON, at once: the driver waits for it."""
    print(json.dumps(record), flush=True)


def serve(work: Work, about: Mapping[str, object], result: Callable[[], bytes] | None = None) -> int:
    """Answers requests from stdin until `quit` or its end -> exit code."""
    write({"ready": True} | dict(about))
    answers: dict[str, Callable[[], Mapping[str, object]]] = {
        "run": lambda: timed(work),
        "memory": lambda: {"peak_bytes": peak_bytes()},
        "digest": lambda: {"digest": hashlib.sha256(result()).hexdigest() if result else None},
    }
    for line in sys.stdin:
        request = line.strip()
        if request == "quit":
            break
        if request not in answers:
            known = ", ".join([*answers, "quit"])
            print(f"{Path(sys.argv[0]).name}: unknown request {request!r}: write {known}", file=sys.stderr)
            return 1
        write(answers[request]())
    return 0


def positive(text: str) -> int:
    """A flag's whole number, at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)
