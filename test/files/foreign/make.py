"""Writes the checkpoints in this folder as other programs leave them, with PyTorch and transformers themselves.

    pip install torch transformers safetensors pillow numpy
    python test/files/foreign/make.py

vocab.txt       the words of all of them
wrapped/*       one tiny ViLT for VQA, as wrappers and training codes save it (plain.ckpt has it bare), and models that are none
beside/*        what save_pretrained of transformers writes beside the weights, one thing out of the ordinary in each folder;
                model.safetensors has the weights of all folders that have none, picture.png the picture that was asked
                about, expected.json the pieces and logits of transformers, with Pillow's own resize
siblings/*      models by other classes, in other types and shards and below other prefixes, to be read with the files of
                beside/usual; expected.json has the logits of transformers for the pictures picture.png and picture-2.png
pickled/*       its state_dict beside harmless values of Python, one kind a file
"""

import argparse
import enum
import functools
import io
import json
import pathlib
import shutil
import signal
from collections import OrderedDict

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import BertTokenizer, DeiTConfig, DeiTModel, ViltConfig, ViltForImageAndTextRetrieval, ViltForImagesAndTextClassification, ViltForMaskedLM, ViltForQuestionAnswering, ViltForTokenClassification, ViltImageProcessorPil, ViltProcessor

here = pathlib.Path(__file__).parent
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"is there a red green blue circle square above left of the ? cat dog one two".split()]
LABELS = ["no", "yes", "maybe"]


def tiny(seed=1, words=len(WORDS), cls=ViltForQuestionAnswering, std=0.3, **more):
    torch.manual_seed(seed)
    sizes = dict(
        vocab_size=words, max_position_embeddings=12, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=8, image_size=8, patch_size=4, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        id2label=dict(enumerate(LABELS)), label2id={label: i for i, label in enumerate(LABELS)}, max_image_length=-1)
    model = cls(ViltConfig(**{**sizes, **more})).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return model


OUTSIDE = [
    ("embeddings.text_embeddings.", "text_embeddings."), ("embeddings.token_type_embeddings.", "token_type_embeddings."),
    ("embeddings.cls_token", "transformer.cls_token"), ("embeddings.position_embeddings", "transformer.pos_embed"),
    ("embeddings.patch_embeddings.projection.", "transformer.patch_embed.proj."), ("layernorm.", "transformer.norm."), ("pooler.", "pooler."),
]
INSIDE = [("layernorm_before", "norm1"), ("attention.output.dense", "attn.proj"), ("layernorm_after", "norm2"), ("intermediate.dense", "mlp.fc1"), ("output.dense", "mlp.fc2")]


def vilt_names(state, head="vqa_classifier"):
    """The names of ViLT's own code for a state_dict of transformers."""
    result = OrderedDict()
    for name, tensor in state.items():
        name = name.removeprefix("vilt.")
        if name.startswith("classifier."):
            result[name.replace("classifier", head, 1)] = tensor
        elif ".attention.attention." in name:
            stem, part, kind = name.replace("encoder.layer", "transformer.blocks").rsplit(".", 2)
            if part == "query":
                parts = [state[f"vilt.{name.replace('query', which)}"] for which in ("query", "key", "value")]
                result[f"{stem.removesuffix('.attention.attention')}.attn.qkv.{kind}"] = torch.cat(parts)
        elif name.startswith("encoder.layer."):
            number, rest = name.split(".", 3)[2:]
            there, ours = next(pair for pair in INSIDE if rest.startswith(pair[0]))
            result[f"transformer.blocks.{number}.{rest.replace(there, ours)}"] = tensor
        else:
            there, ours = next(pair for pair in OUTSIDE if name.startswith(pair[0]))
            result[name.replace(there, ours)] = tensor
    return result


def prefixed(prefix, state):
    return OrderedDict((prefix + name, tensor) for name, tensor in state.items())


class Phase(str, enum.Enum):
    FIT = "fit"


class Trainer:
    class Mode(enum.Enum):
        TRAIN = 1

    class Config:
        def __init__(self):
            self.lr = 1e-4

    def schedule(self, step):
        return 1.0

    @classmethod
    def build(cls):
        return cls()


def wrappers():
    folder = here / "wrapped"
    folder.mkdir(exist_ok=True)
    model, average = tiny(), tiny(seed=2)
    own, other = vilt_names(model.state_dict()), vilt_names(average.state_dict())
    save = lambda name, value: torch.save(value, folder / name)
    save("plain.ckpt", own)
    save("average.ckpt", other)
    # the wrappers of PyTorch themselves
    save("data-parallel.bin", torch.nn.DataParallel(model).state_dict())
    save("compiled.bin", torch.compile(model).state_dict())
    inner = tiny()
    inner.vilt.encoder = torch.compile(inner.vilt.encoder)
    save("compiled-inside.bin", inner.state_dict())
    save("averaged-model.bin", torch.optim.swa_utils.AveragedModel(model).state_dict())
    save("whole-module.pt", model)
    # the layouts of open_clip, Lightning, DeepSpeed, timm, and of codes that call it net
    save("open-clip.pt", {"epoch": 1, "name": "run", "state_dict": prefixed("module.", own), "optimizer": {"state": {0: {"exp_avg": torch.zeros(2)}}, "param_groups": []}})
    save("lightning.ckpt", {"epoch": 1, "state_dict": {**prefixed("model.", own), "accuracy.total": torch.tensor(3)}})
    save("deepspeed.pt", {"module": own, "optimizer": None, "ds_version": "0.14", "global_steps": 4})
    save("net.pth", {"epoch": 3, "rng": torch.get_rng_state(), "net": own})
    blocks = {name.replace("blocks.0.", "blocks.0._fsdp_wrapped_module._checkpoint_wrapped_module."): tensor for name, tensor in own.items()}
    save("fsdp.pth", {"model": prefixed("_fsdp_wrapped_module.", blocks)})
    save("in-tuple.pth", ({"epoch": 1}, own))
    save("number-key.pth", {0: {b"model": own}, "epoch": 3})
    save("checkpoint.pth", {"checkpoint": {"model": prefixed("module._orig_mod.", own), "optimizer": {"exp_avg": torch.zeros(2)}}})
    save_file(prefixed("model.student.", {name: tensor.contiguous() for name, tensor in own.items()}), folder / "student.safetensors", metadata={"format": "pt", "config": "no JSON", "step": "3"})
    save("ema.pth", {"epoch": 3, "state_dict": own, "state_dict_ema": other})
    save("ema-nested.pth", {"model": own, "ema": {"decay": 0.999, "module": prefixed("module.", other)}})
    save("ema-lightning.ckpt", {"state_dict": {**prefixed("model.", own), **prefixed("ema_model.", other), "ema_model.steps": torch.tensor(7)}})
    joined = {name.replace(".", "_"): tensor for name, tensor in other.items()}
    save("ema-joined.pth", {**own, **prefixed("ema_", joined)})
    save("ema-joined-alone.pth", prefixed("ema_", joined))
    lit = {name.replace(".", ""): tensor for name, tensor in other.items()}
    save("ema-lit.ckpt", {"state_dict": {**prefixed("model.", own), **prefixed("model_ema.", lit), "model_ema.decay": torch.tensor(0.9)}})
    save("ema-alone.pth", {"state_dict_ema": own})
    save("two-models.pth", {"state_dict": {**prefixed("first.", own), **prefixed("second.", other)}})
    broken = OrderedDict((name, tensor.clone()) for name, tensor in own.items())
    broken["transformer.blocks.0.attn.qkv.weight"][3, 3] = float("nan")
    save("nan.ckpt", {"state_dict": broken})
    save_file(tiny(cls=ViltForTokenClassification).state_dict(), folder / "linear-head.safetensors")
    save_file(tiny(cls=ViltForImagesAndTextClassification, num_images=3, modality_type_vocab_size=4).state_dict(), folder / "three-images.safetensors")
    deit = DeiTModel(DeiTConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, image_size=8, patch_size=4))
    deit.save_pretrained(folder / "deit")
    (folder / "deit" / "model.safetensors").rename(folder / "deit.safetensors")
    shutil.rmtree(folder / "deit")


def pickles():
    folder = here / "pickled"
    folder.mkdir(exist_ok=True)
    weights = {"weight": torch.arange(3.0)}
    save = lambda name, value, **how: torch.save({"state_dict": weights, "hyper_parameters": value}, folder / f"{name}.ckpt", **how)
    save("enum", {"phase": Phase.FIT, "inside": Trainer.Mode.TRAIN})
    save("class-in-a-class", {"config": Trainer.Config()})
    save("methods", {"bound": Trainer().schedule, "class": Trainer.build})
    save("types", {"int": int, "str": str, "none": type(None), "ellipsis": Ellipsis, "big": 2**2100})
    save("iterators", {"range": range(12), "enumerate": enumerate([1]), "iterator": iter([1])})
    save("functions", {"reduce": max, "length": len, "print": print, "partial": functools.partial(sum, start=1)})
    save("bytes", {"extra": io.BytesIO(b"abc"), "text": io.StringIO("abc")})
    save("signal", {"on": signal.SIGTERM})
    save("protocol-4", {"mode": Trainer.Mode.TRAIN, "method": Trainer.build, "args": argparse.Namespace(a=1)}, pickle_protocol=4)


ODD = WORDS + ["Is", "Red", "é", "e", "##s", "中", "国", "中国"]
QUESTION = "Is there a Red circle é 中国 above the dalmatians [OBJ]?"


def beside():
    folder = here / "beside"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    noise = np.random.default_rng(3).integers(0, 256, (18, 25, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    picture.save(folder / "picture.png")
    expected = {}

    def write(name, image=None, size=8, lower=True, tokenizer=None, added=(), pad=None, change=None, **model):
        place = folder / name
        place.mkdir()
        (place / "vocab.txt").write_text("\n".join(ODD) + "\n")
        reader = BertTokenizer.from_pretrained(place, do_lower_case=lower, **(tokenizer or {}))
        (place / "vocab.txt").unlink()
        if added:
            reader.add_tokens(list(added))
        options = {"size": {"shortest_edge": size}, "size_divisor": 4, **(image or {})}
        processor = ViltImageProcessorPil(**options)
        network = tiny(words=len(ODD), std=0.5, max_position_embeddings=20, **model)
        if added or pad:
            network.resize_token_embeddings(len(reader), pad_to_multiple_of=pad)
            network.save_pretrained(place)
        network.config.save_pretrained(place)
        ViltProcessor(processor, reader).save_pretrained(place)
        if change:
            change(place)
        pixels = processor(picture, return_tensors="pt")["pixel_values"]
        height, width = pixels.shape[2:]
        resized = np.asarray(picture.resize((width, height), options.get("resample", 3)), dtype=np.float32)
        if options.get("do_rescale", True):
            resized = resized * np.float32(options.get("rescale_factor", 1 / 255))
        if options.get("do_normalize", True):
            resized = (resized - np.float32(options.get("image_mean", [0.5] * 3))) / np.float32(options.get("image_std", [0.5] * 3))
        mine = torch.tensor(resized).permute(2, 0, 1)[None]
        text = ViltProcessor.from_pretrained(place).tokenizer(QUESTION, return_tensors="pt", truncation=True, max_length=20)
        with torch.no_grad():
            logits = network(**text, pixel_values=mine).logits
        expected[name] = {"pieces": reader.convert_ids_to_tokens(text["input_ids"][0]), "logits": logits[0].tolist()}
        return network

    def version_4(place):
        """Rewrites the files as transformers 4 had them: preprocessor_config.json with a bare size, vocab.txt."""
        processor = json.loads((place / "processor_config.json").read_text())["image_processor"]
        (place / "processor_config.json").unlink()
        processor["size"] = processor["size"]["shortest_edge"]
        (place / "preprocessor_config.json").write_text(json.dumps(processor))
        (place / "tokenizer.json").unlink()
        (place / "vocab.txt").write_text("\n".join(ODD) + "\n")

    network = write("usual")
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, folder / "model.safetensors")
    write("imagenet-mean", image=dict(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225]))
    for filter, name in enumerate(["nearest", "lanczos", "bilinear", None, "box", "hamming"]):
        if name:
            write(name, image=dict(resample=filter), size=12)
    write("larger", size=16)
    write("divisor", image=dict(size_divisor=8), size=20)
    write("rescaled", image=dict(rescale_factor=1 / 127.5, image_mean=[1.0] * 3))
    write("not-normalized", image=dict(do_normalize=False))
    write("version-4", image=dict(resample=2), size=12, lower=False, change=version_4)
    write("cased", lower=False)
    write("cased-without-accents", lower=False, tokenizer=dict(strip_accents=True))
    write("lower-with-accents", tokenizer=dict(strip_accents=False))
    write("chinese-words", tokenizer=dict(tokenize_chinese_chars=False))
    write("added", added=["dalmatian", "[OBJ]"], pad=64)
    for act in ("relu", "gelu_new", "quick_gelu", "silu"):
        write(act, hidden_act=act)
    (folder / "expected.json").write_text(json.dumps({"question": QUESTION, "folders": expected}, ensure_ascii=False, indent=1))


def siblings():
    folder = here / "siblings"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pictures = [Image.open(here / "beside" / "picture.png")]
    pictures.append(Image.fromarray(np.random.default_rng(4).integers(0, 256, (18, 25, 3), dtype=np.uint8)))
    pictures[1].save(folder / "picture-2.png")
    usual = ViltProcessor.from_pretrained(here / "beside" / "usual")
    text = usual.tokenizer(QUESTION, return_tensors="pt", truncation=True, max_length=20)
    pixels = [torch.tensor((np.asarray(one.resize((8, 8), 3), dtype=np.float32) / 255 - 0.5) / 0.5).permute(2, 0, 1) for one in pictures]
    expected = {}

    def write(name, save, cls=ViltForQuestionAnswering, config=None, loads=True, **model):
        place = folder / name
        place.mkdir()
        network = tiny(words=len(ODD), std=0.5, max_position_embeddings=20, cls=cls, **model)
        network.config.save_pretrained(place)
        save(network, place)
        if config:
            fields = {**json.loads((place / "config.json").read_text()), **config}
            (place / "config.json").write_text(json.dumps({key: value for key, value in fields.items() if value is not None}, indent=1))
        # as transformers itself reads the folder, where it does
        reader = cls.from_pretrained(place, dtype=torch.float32).eval() if loads else network
        images = torch.stack(pixels)[None] if cls is ViltForImagesAndTextClassification else pixels[0][None]
        with torch.no_grad():
            logits = reader(**text, pixel_values=images).logits[0]
        # of masked words, those of the second and the third piece
        expected[name] = (logits[1:3].flatten() if cls is ViltForMaskedLM else logits).tolist()

    def saved(**how):
        return lambda network, place: network.save_pretrained(place, **how)

    def pickled(change=lambda state: state, **how):
        return lambda network, place: torch.save(change(network.state_dict()), place / "pytorch_model.bin", **how)

    def in_shards(network, place):
        state = list(network.state_dict().items())
        names = [f"pytorch_model-{part:05d}-of-00002.bin" for part in (1, 2)]
        for part, name in enumerate(names):
            torch.save(dict(state[part::2]), place / name)
        index = {name: names[i % 2] for i, (name, _) in enumerate(state)}
        (place / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))

    write("shards", saved(max_shard_size="5KB"))
    write("shards-pickled", in_shards)
    write("bfloat16", lambda network, place: network.to(torch.bfloat16).save_pretrained(place))
    write("float16-pickled", pickled(lambda state: {name: tensor.half() for name, tensor in state.items()}))
    write("module-ema", pickled(lambda state: prefixed("module.ema.", state)), loads=False)
    write("module-model", pickled(lambda state: prefixed("module.model.", state)), loads=False)
    write("head-beside", pickled(lambda state: {name.replace("vilt.", "model.vilt."): tensor for name, tensor in state.items()}), loads=False)
    write("protocol-1", pickled(dict, pickle_protocol=1), loads=False)
    write("protocol-1-before-1.6", pickled(dict, pickle_protocol=1, _use_new_zipfile_serialization=False), loads=False)
    write("protocol-0", pickled(dict, pickle_protocol=0), loads=False)
    write("no-biases", saved(), qkv_bias=False)
    write("defaults", saved(), hidden_size=24, num_attention_heads=12, config={"num_attention_heads": None, "layer_norm_eps": None})
    lora = "base_model.model.vilt.encoder.layer.0.attention.attention.query.lora_A.default.weight"
    write("lora", pickled(lambda state: {**prefixed("base_model.model.", state), lora: torch.ones(2, 8)}), loads=False)
    write("retrieval", saved(), cls=ViltForImageAndTextRetrieval)
    write("segments-1", saved(), type_vocab_size=1)
    write("segments-4", saved(), type_vocab_size=4)
    write("mlm", saved(), cls=ViltForMaskedLM)
    write("mlm-own-decoder", saved(), cls=ViltForMaskedLM, tie_word_embeddings=False)
    write("mlm-pickled", pickled(), cls=ViltForMaskedLM, layer_norm_eps=1e-3)
    pairs = dict(cls=ViltForImagesAndTextClassification, num_images=2, modality_type_vocab_size=3)
    write("nlvr2", saved(), **pairs, id2label={0: "True", 1: "False"}, label2id={"True": 0, "False": 1})
    write("nlvr2-numbered", saved(), **pairs, id2label={0: "LABEL_0", 1: "LABEL_1"}, label2id={"LABEL_0": 0, "LABEL_1": 1})
    (folder / "expected.json").write_text(json.dumps(expected, indent=1))


if __name__ == "__main__":
    (here / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    wrappers()
    pickles()
    beside()
    siblings()
