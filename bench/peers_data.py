"""What others use to read data and weights: the yardsticks of the benchmarks that train nothing.

    python -m venv peers && peers/bin/python -m pip install torch numpy pillow transformers
    peers/bin/python bench/peers_data.py --work pipeline --folder FOLDER --threads 2 --serve

Works over a FOLDER that the driver has filled:
  `load`      torch.load of FOLDER/pytorch_model.bin and load_state_dict into a ViLT for VQA; --write makes the file
  `pipeline`  FOLDER/*.jpg to patches with Pillow and NumPy: decoded, resized bicubically to 512 x 384, brought to
              -1..1, cut; by as many processes as --threads says
  `words`     FOLDER/lines.json to ids with transformers' BertTokenizer, the one in Python, over the words of
              FOLDER/vocab.txt

With --serve it speaks as peers_serve.py says. Exit codes: 2 a wrong flag, 3 a package is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from peers_serve import Work, positive, serve

SIZE, PATCH = (512, 384), 32
Prepared = tuple[Work, "Callable[[], bytes] | None"]


def base_names(depth: int = 12) -> dict[str, tuple[int, ...]]:
    """Every tensor of a Hugging Face ViLT-B/32 for VQA, with its shape."""
    d, hidden = 768, 3072
    linear = {"attention.attention.query": (d, d), "attention.attention.key": (d, d)}
    linear |= {"attention.attention.value": (d, d), "attention.output.dense": (d, d)}
    linear |= {"intermediate.dense": (hidden, d), "output.dense": (d, hidden)}
    shapes: dict[str, tuple[int, ...]] = {}
    for i in range(depth):
        layer = f"vilt.encoder.layer.{i}."
        for name, shape in linear.items():
            shapes |= {f"{layer}{name}.weight": shape, f"{layer}{name}.bias": shape[:1]}
        for name in ("layernorm_before", "layernorm_after"):
            shapes |= {f"{layer}{name}.weight": (d,), f"{layer}{name}.bias": (d,)}
    text, image = "vilt.embeddings.text_embeddings.", "vilt.embeddings."
    shapes |= {f"{text}word_embeddings.weight": (30522, d), f"{text}position_embeddings.weight": (40, d)}
    shapes |= {f"{text}token_type_embeddings.weight": (2, d), f"{text}LayerNorm.weight": (d,), f"{text}LayerNorm.bias": (d,)}
    shapes |= {f"{image}cls_token": (1, 1, d), f"{image}position_embeddings": (1, 145, d)}
    shapes |= {f"{image}patch_embeddings.projection.weight": (d, 3, 32, 32), f"{image}patch_embeddings.projection.bias": (d,)}
    shapes |= {f"{image}token_type_embeddings.weight": (2, d), "vilt.layernorm.weight": (d,), "vilt.layernorm.bias": (d,)}
    shapes |= {"vilt.pooler.dense.weight": (d, d), "vilt.pooler.dense.bias": (d,)}
    shapes |= {"classifier.0.weight": (2 * d, d), "classifier.0.bias": (2 * d,)}
    shapes |= {"classifier.1.weight": (2 * d,), "classifier.1.bias": (2 * d,)}
    return shapes | {"classifier.3.weight": (3129, 2 * d), "classifier.3.bias": (3129,)}


def checkpoint_of(folder: Path) -> Path:
    """Where the checkpoint of `load` is."""
    return folder / "pytorch_model.bin"


def write_checkpoint(folder: Path) -> None:
    """Random weights of ViLT-B/32 for VQA, as Hugging Face's hub has them: 470 MB."""
    import torch

    torch.manual_seed(0)
    torch.save({name: torch.randn(shape) * 0.02 for name, shape in base_names().items()}, checkpoint_of(folder))


def holder(shapes: dict[str, tuple[int, ...]]) -> Any:
    """A module with parameters of the given names."""
    from torch import empty, nn

    root = nn.Module()
    for name, shape in shapes.items():
        *path, last = name.split(".")
        module = root
        for part in path:
            if part not in module._modules:
                module.add_module(part, nn.Module())
            module = module._modules[part]
        module.register_parameter(last, nn.Parameter(empty(shape)))
    return root


def load(folder: Path, _: int) -> Prepared:
    """torch.load and load_state_dict, into a model that is there already."""
    import torch

    model = holder(base_names())
    for parameter in model.parameters():
        parameter.data.zero_()  # a model's memory is there before a checkpoint goes into it

    def work() -> None:
        model.load_state_dict(torch.load(checkpoint_of(folder), map_location="cpu", weights_only=True))

    return work, None


def patches_of(path: Path) -> bytes:
    """A picture's patches [192, 3072], float32: raster order; within a patch channel, then y, then x."""
    import numpy as np
    from PIL import Image

    with Image.open(path) as image:
        resized = image.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
    values = (np.asarray(resized, dtype=np.float32) / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
    rows, columns = SIZE[1] // PATCH, SIZE[0] // PATCH
    return values.reshape(rows, PATCH, columns, PATCH, 3).transpose(0, 2, 4, 1, 3).tobytes()


def count_patches(path: Path) -> int:
    """The patches of a picture stay with the process that made them, as a data loader's do in shared memory."""
    return len(patches_of(path))


def pipeline(folder: Path, threads: int) -> Prepared:
    """All pictures to patches."""
    import numpy  # noqa: F401
    from PIL import Image  # noqa: F401

    paths = sorted(folder.glob("*.jpg"))
    pool = ProcessPoolExecutor(threads)

    def work() -> None:
        list(pool.map(count_patches, paths, chunksize=max(1, len(paths) // (4 * threads))))

    return work, lambda: b"".join(map(patches_of, paths))


def words(folder: Path, _: int) -> Prepared:
    """All lines to ids, with [CLS] and [SEP], nothing cut off."""
    try:
        from transformers.models.bert.tokenization_bert_legacy import BertTokenizerLegacy as BertTokenizer
    except ModuleNotFoundError:
        from transformers import BertTokenizer  # before transformers 5

    tokenizer = BertTokenizer(str(folder / "vocab.txt"))
    lines: list[str] = json.loads((folder / "lines.json").read_text(encoding="utf-8"))
    found: list[list[int]] = []

    def work() -> None:
        found[:] = [tokenizer.encode(line) for line in lines]

    return work, lambda: "\n".join(" ".join(map(str, ids)) for ids in found).encode()


WORKS: dict[str, Callable[[Path, int], Prepared]] = {"load": load, "pipeline": pipeline, "words": words}


def main() -> int:
    """Reads the flags and does what they ask -> exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", choices=WORKS, required=True, help="what to time")
    parser.add_argument("--folder", type=Path, required=True, help="where its data are")
    parser.add_argument("--threads", type=positive, default=2, help="processes of `pipeline` (default 2)")
    parser.add_argument("--warm", type=int, default=1, help="runs before the first that counts (default 1)")
    parser.add_argument("--write", action="store_true", help="write the checkpoint of `load`, and end")
    parser.add_argument("--serve", action="store_true", help="answer requests from stdin")
    flags = parser.parse_args()
    try:
        if flags.write:
            write_checkpoint(flags.folder)
            return 0
        work, result = WORKS[flags.work](flags.folder, flags.threads)
    except ModuleNotFoundError as missing:
        print(f"peers_data.py: {missing.name} is missing: install torch, numpy, pillow, transformers", file=sys.stderr)
        return 3
    for _ in range(flags.warm):
        work()
    return serve(work, {}, result)


if __name__ == "__main__":
    raise SystemExit(main())
