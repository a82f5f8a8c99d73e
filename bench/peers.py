"""The same work in PyTorch: the yardstick that the benchmarks quote as a ratio. The models are in peers_model.py.

    python -m venv peers && peers/bin/python -m pip install torch numpy
    peers/bin/python bench/peers.py --work step --size base --batch 4 --threads 2 --repeat 5
    peers/bin/python bench/peers.py --work step --size small --threads 2 --serve
    peers/bin/python bench/peers.py --check test/parity

Works: `step` (teacher forward, student forward and backward, L_SL + L_CA, AdamW), `pretrain` (a step of stage 1: the
same of matching, contrast and masked words), `pretrain-once` (with the pairs that two losses want computed once), and
without gradients `teacher` (pairs to logits), `image` and `text` (one encoder to its pooled vectors), `answer` (the
interaction f and the head). The batch is the size's own for the first three (base 4, small 32, mini 64) and 1 for the
others. Every number of a size has a flag.

With --serve it first prints {"ready": true, "torch", "parameters"} once it is warm, then reads requests from stdin, one
a line, so that a driver in any language can alternate with it (peers_serve.py). Without --serve it does the work
--repeat times and prints one line of JSON: what it did, the median, every time. Peak memory is the process's (VmHWM,
Linux only).

--check FOLDER computes the losses of FOLDER/dide/vqa (its teacher is FOLDER/hf/vqa) and of FOLDER/dide/pretrain
(FOLDER/hf/base) and prints them, and the norm of the gradient, beside the stored numbers.
Exit codes: 0 fine, 1 --check found a difference or a request is unknown, 2 a wrong flag, 3 PyTorch is missing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

try:
    import torch
    from torch import Tensor, nn
except ImportError:
    print("peers.py: PyTorch is missing: install it with `python -m pip install torch numpy`", file=sys.stderr)
    raise SystemExit(3) from None

from peers_check import check
from peers_model import (
    SIZES,
    Encoder,
    ImageEmbedding,
    Sizes,
    Student,
    Teacher,
    TextEmbedding,
    distillation,
    initialise,
    mlp,
    random_batch,
)
from peers_pretrain import PretrainingStudent, PretrainingTeacher, pretraining, random_pretraining_batch
from peers_serve import Work, peak_bytes, positive, serve, timed, write

TRAINING = ("step", "pretrain", "pretrain-once")
WORKS = (*TRAINING, "teacher", "image", "text", "answer")


def optimizer_of(model: nn.Module, rate: float) -> torch.optim.AdamW:
    """Fused AdamW; biases and LayerNorms do not decay."""
    decaying = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decaying, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), eps=1e-8, fused=True)


def training_work(work: str, s: Sizes, bf16: bool) -> tuple[nn.Module, Work]:
    """The student, and one whole step of distilling it (always the same batch) -> its loss."""
    teacher: nn.Module
    student: nn.Module
    if work.startswith("pretrain"):
        once = work == "pretrain-once"
        teacher, student, given = PretrainingTeacher(s), PretrainingStudent(s), random_pretraining_batch(s)
        losses: Callable[[], Tensor] = lambda: pretraining(teacher, student, given, once)["total"]  # noqa: E731
    else:
        teacher, student, batch = Teacher(s), Student(s), random_batch(s)
        losses = lambda: distillation(teacher, student, batch)["total_released"]  # noqa: E731
    teacher.eval().requires_grad_(False)
    initialise(teacher)
    initialise(student.train())
    optimizer = optimizer_of(student, 1e-4)

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)  # before the forward pass: no gradient lives beside the activations
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = losses()
        loss.backward()
        optimizer.step()
        return loss.item()

    return student, step


def inference_work(work: str, s: Sizes, bf16: bool) -> tuple[nn.Module, Work]:
    """The part of the models that `work` needs, and one forward pass of it without gradients."""
    models: dict[str, Callable[[], nn.Module]] = {
        "teacher": lambda: Teacher(s),
        "image": lambda: Encoder(s, ImageEmbedding(s)),
        "text": lambda: Encoder(s, TextEmbedding(s)),
        "answer": lambda: nn.Sequential(mlp(2 * s.width, 2 * s.width, s.width), mlp(s.width, 2 * s.width, s.answers)),
    }
    model = models[work]().eval()
    initialise(model)
    given = torch.randn(s.batch, 2 * s.width) if work == "answer" else random_batch(s)

    @torch.inference_mode()
    def forward() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            model(given)

    return model, forward


def repeat(work: Work, parameters: int, flags: argparse.Namespace, s: Sizes) -> int:
    """Does the work --repeat times and prints one line of JSON -> exit code."""
    runs = [timed(work) for _ in range(flags.repeat)]
    times = [run["milliseconds"] for run in runs]
    what: dict[str, object] = {"work": flags.work, "size": flags.size, "batch": s.batch, "threads": flags.threads}
    versions: dict[str, object] = {"precision": flags.precision, "torch": torch.__version__, "parameters": parameters}
    found: dict[str, object] = {"milliseconds": statistics.median(times), "all": times, "loss": runs[-1]["loss"]}
    write(what | versions | found | {"peak_bytes": peak_bytes()})
    return 0


def read_flags() -> tuple[argparse.Namespace, argparse.ArgumentParser]:
    """Every number of a size is a flag of its own name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", choices=WORKS, default="step", help="what to time (default step)")
    parser.add_argument("--size", choices=SIZES, default="small", help="sizes to start from (default small)")
    parser.add_argument("--threads", type=positive, default=2, help="CPU threads (default 2)")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="bf16 is CPU autocast")
    parser.add_argument("--warm", type=positive, default=2, help="runs before the first that counts (default 2)")
    parser.add_argument("--repeat", type=positive, default=5, help="runs that count, without --serve (default 5)")
    parser.add_argument("--serve", action="store_true", help="answer requests from stdin")
    parser.add_argument("--check", type=Path, metavar="FOLDER", help="compare the losses with stored ones, and end")
    for field in fields(Sizes):
        parser.add_argument(f"--{field.name}", type=positive, help=f"replaces the size's {field.name}")
    return parser.parse_args(), parser


def sizes_of(flags: argparse.Namespace) -> Sizes:
    """The named size with the flags that replace its numbers; `hidden` stays four times a given width."""
    s = replace(SIZES[flags.size], **({} if flags.work in TRAINING else {"batch": 1}))
    given = {f.name: getattr(flags, f.name) for f in fields(Sizes) if getattr(flags, f.name) is not None}
    if "width" in given:
        given = {"hidden": 4 * given["width"]} | given
    return replace(s, **given)


def main() -> int:
    """Reads the flags and does what they ask -> exit code."""
    flags, parser = read_flags()
    torch.set_num_threads(flags.threads)
    torch.manual_seed(0)
    if flags.check:
        return check(flags.check)
    s = sizes_of(flags)
    if s.width % s.heads:
        parser.error(f"--width {s.width} is not a multiple of --heads {s.heads}: choose another")
    bf16 = flags.precision == "bf16"
    model, work = training_work(flags.work, s, bf16) if flags.work in TRAINING else inference_work(flags.work, s, bf16)
    parameters = sum(p.numel() for p in model.parameters())
    for _ in range(flags.warm):
        work()
    return serve(work, {"torch": torch.__version__, "parameters": parameters}) if flags.serve else repeat(work, parameters, flags, s)


if __name__ == "__main__":
    raise SystemExit(main())
