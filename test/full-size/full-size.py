"""Writes full-size random ViLT-B/32 checkpoints in every layout that people have, and what transformers says with them.

    python test/full-size/full-size.py FOLDER

Three pictures of 12 x 16, 12 x 19 and 10 x 19 patches, each with texts of 12, 40 and 7 pieces: nine ragged pairs.
"""

import json
import pathlib
import sys
from collections import OrderedDict

import numpy as np
import torch
from transformers import ViltConfig, ViltForImagesAndTextClassification, ViltForQuestionAnswering

folder = pathlib.Path(sys.argv[1])
torch.manual_seed(7)
torch.set_num_threads(1)


def randomised(model):
    """Every parameter random, biases and norms included, as large as makes every part of it visible."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = "layernorm" in name.lower() or name.endswith("classifier.1.weight")
            parameter.normal_(1.0 if is_norm and name.endswith("weight") else 0.0, 0.03)
    return model.eval()


def original(state):
    """Hugging Face's names as those of ViLT's own code."""
    renamed = OrderedDict()
    outside = [
        ("vilt.embeddings.text_embeddings.", "text_embeddings."),
        ("vilt.embeddings.token_type_embeddings.", "token_type_embeddings."),
        ("vilt.embeddings.cls_token", "transformer.cls_token"),
        ("vilt.embeddings.position_embeddings", "transformer.pos_embed"),
        ("vilt.embeddings.patch_embeddings.projection.", "transformer.patch_embed.proj."),
        ("vilt.layernorm.", "transformer.norm."),
        ("vilt.pooler.", "pooler."),
    ]
    inside = {
        "layernorm_before": "norm1", "attention.output.dense": "attn.proj", "layernorm_after": "norm2",
        "intermediate.dense": "mlp.fc1", "output.dense": "mlp.fc2",
    }
    for name, tensor in state.items():
        if name.startswith("vilt.encoder.layer."):
            layer, rest = name[len("vilt.encoder.layer."):].split(".", 1)
            part, kind = rest.rsplit(".", 1)
            if part.startswith("attention.attention."):
                if part.endswith("query"):
                    three = [state[name.replace("query", other)] for other in ("query", "key", "value")]
                    renamed[f"transformer.blocks.{layer}.attn.qkv.{kind}"] = torch.cat(three)
            else:
                renamed[f"transformer.blocks.{layer}.{inside[part]}.{kind}"] = tensor
            continue
        for theirs, ours in outside:
            if name.startswith(theirs):
                renamed[ours + name[len(theirs):]] = tensor
                break
        else:
            renamed[name] = tensor
    return renamed


def head(outputs, inputs, hidden):
    shapes = {"0.weight": (hidden, inputs), "0.bias": (hidden,), "1.weight": (hidden,), "1.bias": (hidden,), "3.weight": (outputs, hidden), "3.bias": (outputs,)}
    return {name: torch.randn(shape) * 0.03 for name, shape in shapes.items()}


def lightning(state, name):
    torch.save({"epoch": 9, "global_step": 1000, "pytorch-lightning_version": "1.1.4", "state_dict": state, "hyper_parameters": {"config": {"lr": 1e-4}}}, folder / name)


def floats(array, name):
    np.ascontiguousarray(array, dtype="<f4").tofile(folder / name)


def without(state, start):
    return OrderedDict((name, tensor) for name, tensor in state.items() if not name.startswith(start))


extents, lengths = [(12, 16), (12, 19), (10, 19)], [12, 40, 7]
generator = np.random.default_rng(3)
pictures = [generator.standard_normal((3, 32 * rows, 32 * columns)).astype("float32") for rows, columns in extents]
texts = [[101, *generator.integers(1000, 30000, length - 2).tolist(), 102] for length in lengths]
for place, picture in enumerate(pictures):
    floats(picture, f"picture-{place}.f32")


def batch(images):
    """The nine pairs, padded: texts to 40, pictures to the largest."""
    pairs = [(text, picture) for picture in range(3) for text in range(3)]
    ids = torch.zeros(9, 40, dtype=torch.long)
    pixels, mask = torch.zeros(9, images, 3, 384, 608), torch.zeros(9, images, 384, 608, dtype=torch.long)
    for row, (text, picture) in enumerate(pairs):
        ids[row, : lengths[text]] = torch.tensor(texts[text])
        for image in range(images):
            place = (picture + image) % 3
            height, width = pictures[place].shape[1:]
            pixels[row, image, :, :height, :width] = torch.from_numpy(pictures[place])
            mask[row, image, :height, :width] = 1
    return {"input_ids": ids, "attention_mask": (ids != 0).long(), "token_type_ids": torch.zeros_like(ids), "pixel_values": pixels, "pixel_mask": mask}


def logits(model, inputs, images):
    if images == 1:
        inputs = {**inputs, "pixel_values": inputs["pixel_values"][:, 0], "pixel_mask": inputs["pixel_mask"][:, 0]}
    with torch.no_grad():
        return model(**inputs).logits.tolist()


sizes = dict(layer_norm_eps=1e-12, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
vqa = randomised(ViltForQuestionAnswering(ViltConfig(num_labels=3129, **sizes)))
answers = {"vqa": logits(vqa, batch(1), 1)}
state = vqa.state_dict()
lightning(original(OrderedDict((name.replace("classifier.", "vqa_classifier.", 1) if name.startswith("classifier") else name, tensor) for name, tensor in state.items())), "vqa.ckpt")
for name in ("bin", "safetensors", "sharded"):
    vqa.config.save_pretrained(folder / name)
torch.save(state, folder / "bin" / "pytorch_model.bin")
vqa.save_pretrained(folder / "safetensors")
vqa.save_pretrained(folder / "sharded", max_shard_size="200MB")

base = without(original(state), "classifier")
two_tower = OrderedDict()
for tower in ("image_encoder", "text_encoder"):
    two_tower.update({f"{tower}.{name}": tensor for name, tensor in base.items()})
two_tower.update({f"fusion.{name}": tensor for name, tensor in head(768, 1536, 1536).items()})
two_tower.update({f"vqa_classifier.{name}": tensor for name, tensor in head(3129, 768, 1536).items()})
lightning(two_tower, "two-tower.ckpt")
del vqa, state, base, two_tower

nlvr2 = randomised(ViltForImagesAndTextClassification(ViltConfig(num_labels=2, num_images=2, modality_type_vocab_size=3, **sizes)))
answers["nlvr2"] = logits(nlvr2, batch(2), 2)
lightning(original(OrderedDict((name.replace("classifier.", "nlvr2_classifier.", 1) if name.startswith("classifier") else name, tensor) for name, tensor in nlvr2.state_dict().items())), "nlvr2.ckpt")
(folder / "expected.json").write_text(json.dumps({"extents": extents, "texts": texts, "logits": answers}))
