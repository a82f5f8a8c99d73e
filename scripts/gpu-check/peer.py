"""PyTorch's half of scripts/gpu-check.ts: whole updates of the distillation of bench/peers.py, on any device.

    python scripts/gpu-check/peer.py --device cuda --precision bf16 --compile --size base --batches 4,8 --repeats 5

Prints one line of JSON: milliseconds of each batch (null where its memory is too small), PyTorch's version. Exit code 3:
PyTorch is missing, or has no such device.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

try:
    import torch
except ImportError:
    print("peer.py: PyTorch is missing: install it with `python -m pip install torch numpy`", file=sys.stderr)
    raise SystemExit(3) from None

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from peers import optimizer_of
from peers_model import SIZES, Batch, Student, Teacher, distillation, initialise, random_batch


def moved(batch: Batch, device: str) -> Batch:
    """The batch in the device's memory."""
    return Batch(**{field.name: getattr(batch, field.name).to(device) for field in fields(Batch)})


def times_of(flags: argparse.Namespace) -> dict[str, list[float] | None]:
    """Milliseconds of updates by batch."""
    sizes = SIZES[flags.size]
    device = flags.device
    teacher = Teacher(sizes).eval().requires_grad_(False).to(device)
    student = Student(sizes).train().to(device)
    initialise(teacher)
    initialise(student)
    optimizer = optimizer_of(student, 1e-5)

    def losses(batch: Batch) -> torch.Tensor:
        with torch.autocast(device, torch.bfloat16, enabled=flags.precision == "bf16"):
            return distillation(teacher, student, batch)["total_released"]

    forward = torch.compile(losses) if flags.compile else losses

    def update(batch: Batch) -> float:
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = forward(batch)
        loss.backward()
        torch.nn.utils.get_total_norm([p.grad for p in student.parameters() if p.grad is not None]).item()
        optimizer.step()
        loss.item()
        return (time.perf_counter() - start) * 1000

    found: dict[str, list[float] | None] = {}
    for size in flags.batches:
        batch = moved(random_batch(replace(sizes, batch=size)), device)
        try:
            for _ in range(2):
                update(batch)
            found[str(size)] = [update(batch) for _ in range(flags.repeats)]
        except torch.OutOfMemoryError:
            found[str(size)] = None
    return found


def main() -> int:
    """Reads the flags and does what they ask -> exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--precision", choices=("float32", "tf32", "bf16"), default="float32")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--size", choices=SIZES, default="base")
    parser.add_argument("--batches", type=lambda text: [int(one) for one in text.split(",")], default=[4])
    parser.add_argument("--repeats", type=int, default=5)
    flags = parser.parse_args()
    if flags.device == "cuda" and not torch.cuda.is_available():
        print("peer.py: this PyTorch has no CUDA, or finds no GPU", file=sys.stderr)
        return 3
    torch.manual_seed(0)
    torch.set_float32_matmul_precision("high" if flags.precision == "tf32" else "highest")
    print(json.dumps({"milliseconds": times_of(flags), "torch": torch.__version__}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
