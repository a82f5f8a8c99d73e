"""Compares the losses of peers_model.py with stored reference numbers; `peers.py --check FOLDER` runs it."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from peers_model import Batch, Sizes, Student, Teacher, distillation, resizing
from peers_pretrain import PretrainingBatch, PretrainingStudent, PretrainingTeacher, pretraining

TOLERANCE = 1e-5  # relative; float32 PyTorch itself reaches 6e-7
PATCH = 16
NAMES = {  # the files' names -> ours, applied in this order
    "text_embeddings.word_embeddings": "0.word",
    "text_embeddings.position_embeddings": "0.position",
    "text_embeddings.token_type_embeddings": "0.segment",
    "text_embeddings.LayerNorm": "0.norm",
    "embeddings.patch_embeddings.projection": "embeddings.IMAGE.projection",
    "embeddings.cls_token": "embeddings.IMAGE.cls",
    "embeddings.position_embeddings": "embeddings.IMAGE.position",
    "embeddings.token_type_embeddings": "modality",
    "encoder.layer.": "blocks.",
    "attention.output.dense": "proj",
    "attention.attention.query": "qkv",
    "layernorm_before": "norm1",
    "layernorm_after": "norm2",
    "intermediate.dense": "fc1",
    "output.dense": "fc2",
    "layernorm": "norm",
    "pooler.dense": "pooler",
    "itm_score.fc": "itm_score",
    "mlm_score.transform.dense": "mlm_score.dense",
    "mlm_score.transform.LayerNorm": "mlm_score.norm",
    "mlm_score.decoder.bias": "mlm_score.bias",
}
DTYPES = {"F32": torch.float32, "I32": torch.int32}


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Every tensor of a .safetensors file (F32 and I32)."""
    data = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, at in header.items():
        first, last = (start + offset for offset in at["data_offsets"])
        tensors[name] = torch.frombuffer(data[first:last], dtype=DTYPES[at["dtype"]]).reshape(at["shape"])
    return tensors


def renamed(name: str) -> str:
    """Our name of a stored tensor; an image embedding stands second in the teacher, alone in the image tower."""
    for theirs, ours in NAMES.items():
        name = name.replace(theirs, ours)
    return name.replace("IMAGE", "1" if name.startswith("vilt.") else "0")


def our_weights(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """Renames, fuses query, key and value, and flattens the patch projection."""
    weights = {}
    for name, value in stored.items():
        if ".query." in name:
            value = torch.cat([stored[name.replace(".query.", f".{part}.")] for part in ("query", "key", "value")])
        if ".key." not in name and ".value." not in name:
            weights[renamed(name)] = value.flatten(1) if value.ndim == 4 else value
    return weights


def padded_place(valid: Tensor, grid: int) -> Tensor:
    """Each image's position weights [batch, patches, grid * grid]: its own real area, 0 for padding patches."""
    rows, columns = valid.shape[1:]
    images = []
    for mask in valid:
        h, w = int(mask[:, 0].sum()), int(mask[0].sum())
        area = resizing(grid, h, w).view(h, w, -1)
        images.append(F.pad(area, (0, 0, 0, columns - w, 0, rows - h)).flatten(0, 1))
    return torch.stack(images)


def stored_batch(inputs: dict[str, Tensor], grid: int) -> Batch:
    """Pixels and ids -> patches in raster order; a patch is real when its top-left pixel is."""
    valid = inputs["pixel_mask"][:, ::PATCH, ::PATCH].bool()
    return Batch(
        ids=inputs["input_ids"].long(),
        segments=inputs["token_type_ids"].long(),
        text_mask=inputs["attention_mask"].bool(),
        patches=F.unfold(inputs["pixel_values"], PATCH, stride=PATCH).transpose(1, 2),
        place=padded_place(valid, grid),
        image_mask=F.pad(valid.flatten(1), (1, 0), value=True),
    )


def sizes_of_config(config: dict[str, Any]) -> Sizes:
    """Sizes from a transformers ViLT configuration."""
    grid, inputs = config["image_size"] // PATCH, 3 * PATCH**2
    return Sizes(
        config["hidden_size"], config["num_attention_heads"], config["num_hidden_layers"],
        config["intermediate_size"], inputs, grid**2, grid, config["max_position_embeddings"],
        batch=4, vocabulary=config["vocab_size"], answers=len(config.get("id2label", "12")),
    )  # fmt: skip


def found_values(folder: Path) -> dict[str, float]:
    """The losses of one batch, and the norm of the total's gradient over all student parameters."""
    s = sizes_of_config(json.loads((folder / "hf/vqa/config.json").read_text()))
    teacher, student = Teacher(s).eval(), Student(s)
    teacher.load_state_dict(our_weights(read_safetensors(folder / "hf/vqa/model.safetensors")))
    student.load_state_dict(our_weights(read_safetensors(folder / "dide/vqa/student.safetensors")))
    batch = stored_batch(read_safetensors(folder / "dide/vqa/inputs.safetensors"), s.grid)
    losses = distillation(teacher, student, batch)
    losses["total_released"].backward()
    norm = math.sqrt(sum(float((p.grad**2).sum()) for p in student.parameters() if p.grad is not None))
    return {name: loss.item() for name, loss in losses.items()} | {"gradient norm": norm}


def stored_pretraining_batch(inputs: dict[str, Tensor], grid: int) -> PretrainingBatch:
    """Labels of -100 mark the words that are not to be found."""
    own, order = stored_batch(inputs, grid), inputs["itm_image_index"].long()
    other = replace(own, patches=own.patches[order], place=own.place[order], image_mask=own.image_mask[order])
    labels = inputs["mlm_labels"].flatten().long()
    places = (labels >= 0).nonzero().flatten()
    true = order == torch.arange(len(order))
    return PretrainingBatch(own, other, true, inputs["mlm_input_ids"].long(), places, labels[places])


def found_pretraining(folder: Path, once: bool = False) -> dict[str, float]:
    """The losses of stage 1 for one batch."""
    s = sizes_of_config(json.loads((folder / "hf/base/config.json").read_text()))
    teacher, student = PretrainingTeacher(s).eval(), PretrainingStudent(s, space=32)
    heads = read_safetensors(folder / "dide/pretrain/teacher_heads.safetensors")
    base = read_safetensors(folder / "hf/base/model.safetensors")
    teacher.load_state_dict(our_weights({f"vilt.{name}": value for name, value in base.items()} | heads))
    student.load_state_dict(our_weights(read_safetensors(folder / "dide/pretrain/student.safetensors")))
    batch = stored_pretraining_batch(read_safetensors(folder / "dide/pretrain/inputs.safetensors"), s.grid)
    return {name: loss.item() for name, loss in pretraining(teacher, student, batch, once).items() if name != "total"}


def check(folder: Path) -> int:
    """Prints found and stored numbers side by side -> exit code, 1 when one of them differs."""
    once = partial(found_pretraining, once=True)
    found = [("vqa", found_values), ("pretrain", found_pretraining), ("pretrain", once)]
    fine = True
    for kind, values in found:
        path = folder / f"dide/{kind}/losses.json"
        if not path.exists():
            print(f"peers.py: {path} is not there: give --check the folder that holds dide and hf", file=sys.stderr)
            return 1
        record = json.loads(path.read_text())
        stored = record["losses"] | {"gradient norm": record["grad_norms"].get("total_released")}
        print(f"{kind:28}{'here':>16}{'stored':>16}{'relative':>12}")
        for name, value in values(folder).items():
            error = abs(value - stored[name]) / abs(stored[name])
            fine = fine and error < TOLERANCE  # false for NaN as well
            print(f"{name:28}{value:16.8f}{stored[name]:16.8f}{error:12.1e}")
    return 0 if fine else 1
