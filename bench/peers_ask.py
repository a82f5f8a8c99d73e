"""A question over kept images in NumPy: the same f and head, read from the same files, in blocks that stay in the cache.

    python bench/peers_ask.py --student assets/student-mini.safetensors --cache million.cache --text question.f32 --threads 2

`question.f32` holds the features of the question, 4 bytes a number. It speaks as `peers.py --serve` does; the loss that it
says is the mean probability of "yes", by which both sides are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
flags.add_argument("--student", type=Path, required=True)
flags.add_argument("--cache", type=Path, required=True)
flags.add_argument("--text", type=Path, required=True)
flags.add_argument("--threads", type=int, default=2)
given = flags.parse_args()
# each thread computes blocks of its own, as on our side; NumPy reads this when it is imported
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

try:
    import numpy as np
except ImportError:
    print("peers_ask.py: NumPy is missing: install it with `python -m pip install numpy`", file=sys.stderr)
    raise SystemExit(3) from None

from peers_serve import serve  # noqa: E402

BLOCK = 1024
DTYPES = {"F32": np.float32, "F16": np.float16}


def read_student(path: Path) -> tuple[dict[str, np.ndarray], int]:
    """Weights by name as float32, and the index of the answer "yes"."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    about = header.pop("__metadata__", {})
    weights = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        numbers = np.frombuffer(data[8 + length + begin : 8 + length + end], dtype=DTYPES[entry["dtype"]])
        weights[name] = numbers.astype(np.float32).reshape(entry["shape"])
    text = json.dumps(about)
    answers = next(json.loads(value)["answers"] for value in about.values() if '"answers"' in value) if text else []
    return weights, answers.index("yes")


def erf(x: np.ndarray) -> np.ndarray:
    """Abramowitz and Stegun 7.1.26, within 1.5e-7: NumPy has none of its own."""
    t = 1 / (1 + np.float32(0.3275911) * np.abs(x))
    a = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
    series = t * (a[0] + t * (a[1] + t * (a[2] + t * (a[3] + t * np.float32(a[4])))))
    return np.sign(x) * (1 - series * np.exp(-x * x))


def gelu(x: np.ndarray) -> np.ndarray:
    return x * np.float32(0.5) * (1 + erf(x * np.float32(0.5**0.5)))


def norm(x: np.ndarray, w: dict[str, np.ndarray], name: str) -> np.ndarray:
    centred = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(axis=1, keepdims=True) + np.float32(1e-5))
    return centred / deviation * w[f"{name}.weight"] + w[f"{name}.bias"]


def main() -> int:
    w, yes = read_student(given.student)
    text = np.fromfile(given.text, dtype=np.float32)
    kept = np.memmap(given.cache / "vectors.f16", dtype=np.float16, mode="r").reshape(-1, text.size)
    head = "vqa_classifier"

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def block(first: int) -> np.ndarray:
        summed = kept[first : first + BLOCK].astype(np.float32) + text
        pair = linear(gelu(norm(summed, w, "fusion.1")), "fusion.3")
        logits = linear(gelu(norm(linear(pair, f"{head}.0"), w, f"{head}.1")), f"{head}.3")
        return 1 / np.exp(logits - logits[:, yes : yes + 1]).sum(axis=1)

    pool = ThreadPoolExecutor(given.threads)

    def ask() -> float:
        probabilities = np.concatenate(list(pool.map(block, range(0, len(kept), BLOCK))))
        np.argpartition(-probabilities, 10)[:10]
        return float(probabilities.mean(dtype=np.float64))

    ask()
    return serve(ask, {"numpy": np.__version__})


if __name__ == "__main__":
    raise SystemExit(main())
