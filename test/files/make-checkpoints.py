"""Writes the small checkpoints in this folder with PyTorch and transformers themselves.

    pip install torch transformers safetensors numpy
    python test/files/make-checkpoints.py

checkpoint/vilt.ckpt        Lightning's layout of ViLT's own code: state_dict, hyper_parameters with foreign objects
checkpoint/nlvr2.ckpt       the same with NLVR2's head over two images
checkpoint/base.ckpt        no classifier: mlm_score and itm_score, as the pre-trained ViLT has
checkpoint/distilled.ckpt   the authors' distilled student: two whole towers, the teacher, fusion, head; halves
checkpoint/hf/              transformers: config.json, pytorch_model.bin, vocab.txt
checkpoint/sharded/         transformers: three safetensors and their index
checkpoint/expected.json    ids, pixels and the logits that transformers gives for checkpoint/hf
checkpoint/views.pt         tensors of every dtype, transposed, sliced, shared, empty and without axes
checkpoint/compressed.pt    the same archive, compressed
checkpoint/system.pt        a checkpoint that would run os.system where it is unpickled
checkpoint/legacy.bin       torch.save of before 1.6
"""

import json
import os
import zipfile
from argparse import Namespace
from collections import OrderedDict
from pathlib import Path

import torch
from transformers import ViltConfig, ViltForQuestionAnswering

here = Path(__file__).parent / "checkpoint"
here.mkdir(exist_ok=True)
torch.manual_seed(1)

words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"is there a red green blue circle square above left of the ?".split()]
labels = ["no", "yes", "maybe"]
config = ViltConfig(
    vocab_size=len(words), max_position_embeddings=12, hidden_size=64, num_hidden_layers=2, num_attention_heads=1,
    intermediate_size=48, image_size=12, patch_size=4, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    id2label=dict(enumerate(labels)), label2id={label: i for i, label in enumerate(labels)}, max_image_length=-1,
)
model = ViltForQuestionAnswering(config).eval()
for parameter in model.parameters():
    torch.nn.init.normal_(parameter, std=0.08)

outside = [
    ("embeddings.text_embeddings.", "text_embeddings."),
    ("embeddings.token_type_embeddings.", "token_type_embeddings."),
    ("embeddings.cls_token", "transformer.cls_token"),
    ("embeddings.position_embeddings", "transformer.pos_embed"),
    ("embeddings.patch_embeddings.projection.", "transformer.patch_embed.proj."),
    ("layernorm.", "transformer.norm."),
    ("pooler.", "pooler."),
]
inside = [
    ("layernorm_before", "norm1"),
    ("attention.output.dense", "attn.proj"),
    ("layernorm_after", "norm2"),
    ("intermediate.dense", "mlp.fc1"),
    ("output.dense", "mlp.fc2"),
]


def renamed(state):
    """Hugging Face's names as those of ViLT's own code."""
    result = OrderedDict()
    for name, tensor in state.items():
        name = name.removeprefix("vilt.")
        if name.startswith("classifier."):
            result["vqa_" + name] = tensor
        elif ".attention.attention." in name:
            stem, part, kind = name.replace("encoder.layer", "transformer.blocks").rsplit(".", 2)
            if part == "query":
                parts = [state[f"vilt.{name.replace('query', which)}"] for which in ("query", "key", "value")]
                result[f"{stem.removesuffix('.attention.attention')}.attn.qkv.{kind}"] = torch.cat(parts)
        elif name.startswith("encoder.layer."):
            start, rest = name.split(".", 3)[2], name.split(".", 3)[3]
            there, ours = next(pair for pair in inside if rest.startswith(pair[0]))
            result[f"transformer.blocks.{start}.{rest.replace(there, ours)}"] = tensor
        else:
            there, ours = next(pair for pair in outside if name.startswith(pair[0]))
            result[name.replace(there, ours)] = tensor
    result["text_embeddings.position_ids"] = torch.arange(config.max_position_embeddings)[None]
    return result


class Foreign:
    """What hyper_parameters may hold: something that only the training code knows."""

    def __init__(self):
        self.rate = 1e-4


def lightning(state, name):
    torch.save(
        {
            "epoch": 3,
            "global_step": 1234,
            "pytorch-lightning_version": "1.1.4",
            "state_dict": state,
            "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(3)}}}],
            "hyper_parameters": {"config": {"loss_names": {"vqa": 1}, "lr": 1e-4}, "foreign": Foreign(), "args": Namespace(a=1)},
        },
        here / name,
    )


def head(outputs, inputs, hidden):
    shapes = {"0.weight": (hidden, inputs), "0.bias": (hidden,), "1.weight": (hidden,), "1.bias": (hidden,), "3.weight": (outputs, hidden), "3.bias": (outputs,)}
    return {name: torch.randn(shape) * 0.05 for name, shape in shapes.items()}


def without(state, start):
    return OrderedDict((name, tensor) for name, tensor in state.items() if not name.startswith(start))


own = renamed(model.state_dict())
base = without(own, "vqa_classifier")
lightning(own, "vilt.ckpt")

nlvr2 = OrderedDict(base)
nlvr2["token_type_embeddings.weight"] = torch.cat([base["token_type_embeddings.weight"], torch.randn(1, 64) * 0.08])
nlvr2.update({f"nlvr2_classifier.{name}": tensor for name, tensor in head(2, 128, 128).items()})
lightning(OrderedDict((name, tensor.half() if tensor.is_floating_point() else tensor) for name, tensor in nlvr2.items()), "nlvr2.ckpt")

pretrained = OrderedDict(base)
pretrained.update({
    "mlm_score.transform.dense.weight": torch.randn(64, 64), "mlm_score.transform.dense.bias": torch.zeros(64),
    "mlm_score.transform.LayerNorm.weight": torch.ones(64), "mlm_score.transform.LayerNorm.bias": torch.zeros(64),
    "mlm_score.decoder.weight": torch.randn(len(words), 64), "mlm_score.bias": torch.zeros(len(words)),
    "itm_score.fc.weight": torch.randn(2, 64), "itm_score.fc.bias": torch.zeros(2),
})
lightning(OrderedDict((name, tensor.bfloat16() if tensor.is_floating_point() else tensor) for name, tensor in pretrained.items()), "base.ckpt")

distilled = OrderedDict()
for tower in ("image_encoder", "text_encoder"):
    distilled.update({f"{tower}.{name}": tensor for name, tensor in base.items()})
distilled.update({f"teacher_model.{name}": tensor for name, tensor in own.items()})
distilled.update({f"fusion.{name}": tensor for name, tensor in head(64, 128, 128).items()})
distilled.update({f"vqa_classifier.{name}": tensor for name, tensor in head(3, 64, 128).items()})
lightning(OrderedDict((name, tensor.half() if tensor.is_floating_point() else tensor) for name, tensor in distilled.items()), "distilled.ckpt")

folder = here / "hf"
model.save_pretrained(here / "sharded", max_shard_size="100KB")
(here / "sharded" / "generation_config.json").unlink(missing_ok=True)
folder.mkdir(exist_ok=True)
model.config.save_pretrained(folder)
torch.save(model.state_dict(), folder / "pytorch_model.bin")
(folder / "vocab.txt").write_text("\n".join(words) + "\n")

# two pictures of 2 x 3 and 3 x 3 patches, two texts of 6 and 4 words
ids = torch.tensor([[2, 5, 6, 8, 11, 3], [2, 9, 17, 3, 0, 0]])
pixels = torch.randn(2, 3, 12, 12)
mask = torch.ones(2, 12, 12, dtype=torch.long)
mask[0, 8:] = 0
pixels[0, :, 8:] = 0
with torch.no_grad():
    logits = model(input_ids=ids, attention_mask=(ids != 0).long(), token_type_ids=torch.zeros_like(ids), pixel_values=pixels, pixel_mask=mask).logits
expected = {"ids": ids.tolist(), "pixels": pixels.tolist(), "extents": [[2, 3], [3, 3]], "logits": logits.tolist()}
(here / "expected.json").write_text(json.dumps(expected))

grid = torch.arange(12.0).reshape(3, 4)
views = {
    "plain": grid, "transposed": grid.t(), "column": grid[:, 2], "block": grid[1:, 1:3], "half": grid.half() / 4,
    "bfloat": grid.bfloat16(), "double": grid.double() / 3, "long": torch.tensor([1, -2, 2**31 - 1]), "bool": torch.tensor([True, False]),
    "byte": torch.tensor([1, 255], dtype=torch.uint8), "scalar": torch.tensor(2.5), "empty": torch.empty(0, 3),
    "parameter": torch.nn.Parameter(grid + 1), "permuted": torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
}
torch.save(views, here / "views.pt")
with zipfile.ZipFile(here / "views.pt") as plain, zipfile.ZipFile(here / "compressed.pt", "w", zipfile.ZIP_DEFLATED) as packed:
    for name in plain.namelist():
        packed.writestr(name, plain.read(name))
torch.save(views, here / "legacy.bin", _use_new_zipfile_serialization=False)


class Harm:
    def __reduce__(self):
        return os.system, ("touch harmed",)


torch.save({"state_dict": {"a": grid}, "hyper_parameters": Harm()}, here / "system.pt")
