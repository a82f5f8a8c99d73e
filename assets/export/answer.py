"""Answers a question about pictures with the files of this folder: onnxruntime, numpy and Pillow.

  python answer.py photo.jpg "what color is the bus?"       # a line an answer: its probability, the answer
  python answer.py photo.jpg other.jpg "a bus at night"     # of a model that retrieves, a line a picture: how well it fits

As a module: an image is encoded once, and what it became is kept (numpy.savez) and asked as often as you like.

  from answer import answer, encode_images
  photo = encode_images(["photo.jpg"])
  answer(photo, "what color is the bus?")[0]                # ("red", 0.93)
"""

import json
import os
import re
import sys
import unicodedata
from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import numpy as np
import onnxruntime
from PIL import Image, ImageOps

HERE = Path(__file__).parent
ABOUT = json.loads(next(HERE / name for name in ("student.json", "teacher.json") if (HERE / name).exists()).read_bytes())
INPUTS = {name: file["inputs"] for name, file in ABOUT["files"].items()}
SESSIONS = {name: onnxruntime.InferenceSession(HERE / name, providers=["CPUExecutionProvider"]) for name in INPUTS}
# pictures that a question is about: two where the model compares them (NLVR2)
IMAGES = 2 if any(name.endswith("_2") for inputs in INPUTS.values() for name in inputs) else 1


def run(file, feeds):
    return SESSIONS[file].run(None, {name: feeds[name] for name in INPUTS[file]})[0]


# pictures


def read_image(path):
    """Red, green and blue as a viewer shows them: turned as the camera was held, transparency over white."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")


def resized(image):
    """The shorter side becomes that of the model, within the longest; both are cut to whole patches."""
    rule = ABOUT["pictures"]["resize"]
    sides = [side * (rule["shortestEdge"] / min(image.size)) for side in image.size]
    shrink = min(1, rule["longestEdge"] / max(sides))
    step = rule["multipleOf"]
    width, height = (max(step, int(side * shrink + 0.5) // step * step) for side in sides)
    return image.resize((width, height), Image.Resampling[rule["filter"].upper()])


def axis_weights(count, grid):
    """Weight of each row of the position table for each of `count` patches: linear, corners aligned. [count, grid]"""
    at = np.arange(count) * ((grid - 1) / max(1, count - 1))
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(grid)))


def patches_of(path):
    """An image as what the model reads: patches, their mask, and their weights over the position table."""
    side, grid = ABOUT["pictures"]["patch"], ABOUT["pictures"]["grid"]
    how = ABOUT["pictures"]["normalise"]
    pixels = np.asarray(resized(read_image(path)), np.float32) * np.float32(how.get("scale", 1 / 255))
    pixels = (pixels - np.float32(how["mean"])) / np.float32(how["deviation"])
    rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
    # [rows, side, columns, side, channels] -> [patches, channels · side · side]
    patches = pixels.reshape(rows, side, columns, side, 3).transpose(0, 2, 4, 1, 3).reshape(1, rows * columns, -1)
    positions = np.kron(axis_weights(rows, grid), axis_weights(columns, grid))
    return {
        "patches": np.ascontiguousarray(patches),
        "patch_mask": np.ones((1, rows * columns), np.float32),
        "patch_positions": positions[None].astype(np.float32),
    }


# words


def is_punctuation(character):
    return unicodedata.category(character)[0] == "P" or character in "$+<=>^`|~"


def cleaned(character):
    """A character without what BERT drops; Chinese ones stand apart."""
    if character in "\t\n\r" or unicodedata.category(character) == "Zs":
        return " "
    if character == "\ufffd" or unicodedata.category(character)[0] == "C":
        return ""
    lower = character.lower() if ABOUT["text"]["lowerCase"] else character
    apart = "chinese" not in ABOUT["text"] and any(first <= ord(character) <= last for first, last in CHINESE)
    return f" {lower} " if apart else lower


def normalized(text):
    text = unicodedata.normalize("NFC", "".join(map(cleaned, text)))
    if "accents" not in ABOUT["text"]:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return " ".join(text.split())


def split_at(pieces, normal=lambda piece: piece):
    """Splits a text at pieces that stay whole: at odd places of the list."""
    names = {normal(one["piece"]): one["piece"] for one in pieces}
    sources = [
        rf"(?<!\w){re.escape(normal(one['piece']))}(?!\w)" if one["as"] == "word" else re.escape(normal(one["piece"]))
        for one in sorted(pieces, key=lambda one: -len(one["piece"]))
    ]
    found = re.compile(f"({'|'.join(sources)})") if sources else None
    return lambda text: [names.get(part, part) for part in found.split(text)] if found else [text]


def words_of(text):
    for i, part in enumerate(IN_TEXT(text)):
        for j, rest in enumerate([part] if i % 2 else IN_NORMALIZED(normalized(part))):
            if i % 2 or j % 2:
                yield rest
                continue
            yield from "".join(f" {c} " if is_punctuation(c) else c for c in rest).split()


def pieces_of(word):
    """WordPiece: the longest piece that fits, again and again."""
    if word in IDS:
        return [IDS[word]]
    pieces, start = [], 0
    while start < len(word) <= 100:
        ends = range(len(word), start, -1)
        end = next((end for end in ends if ("##" if start else "") + word[start:end] in IDS), None)
        if end is None:
            return [IDS["[UNK]"]]
        pieces.append(IDS[("##" if start else "") + word[start:end]])
        start = end
    return pieces or [IDS["[UNK]"]]


def encode_text(text):
    pieces = [piece for word in words_of(text) for piece in pieces_of(word)][: ABOUT["text"]["longest"] - 2]
    words = np.array([[IDS["[CLS]"], *pieces, IDS["[SEP]"]]], np.int32)
    return {"words": words, "word_mask": np.ones(words.shape, np.float32)}


CHINESE = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F)]
CHINESE += [(0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)]
VOCABULARY = (HERE / ABOUT["text"]["vocabulary"]).read_text("utf-8").split("\n")[:-1]
IDS = {piece: i for i, piece in enumerate(VOCABULARY)}
ADDED = ABOUT["text"].get("added", [])
SPECIAL = [{"piece": piece, "as": "anything"} for piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
IN_TEXT = split_at(SPECIAL + [one for one in ADDED if one["foundIn"] == "text"])
IN_NORMALIZED = split_at([one for one in ADDED if one["foundIn"] == "normalized"], normalized)

# the model


def encode_images(paths):
    """What a question needs of its image, or of its two: keep it. Of a student, its shares or vector."""
    feeds = {}
    for i, path in enumerate(paths):
        suffix = "" if i == 0 else f"_{i + 1}"
        image = patches_of(path)
        if "image.onnx" in INPUTS:
            place = {"image_place": np.array([i + 1], np.int32)}
            name = "image_shares" if "answer.onnx" in INPUTS else "image_vector"
            image = {name: run("image.onnx", {**image, **place})}
        feeds.update({name + suffix: numbers for name, numbers in image.items()})
    return feeds


def answer(images, question):
    """Answers with their probabilities, the most probable first. @param images from `encode_images`"""
    text = encode_text(question)
    if "answer.onnx" in INPUTS:
        logits = run("answer.onnx", {**images, "text_shares": run("text.onnx", text)})[0]
    else:
        logits = run("model.onnx", {**images, **text})[0]
    logits = logits.astype(np.float64)
    if ABOUT["scoring"] == "sigmoid":
        probabilities = 1 / (1 + np.exp(-logits))
    else:
        probabilities = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    return sorted(zip(ABOUT["answers"], probabilities.tolist()), key=lambda one: -one[1])


def fit(image, text):
    """How well a text fits an image, of a model that retrieves: between -1 and 1. @param image from `encode_images`"""
    return float(image["image_vector"][0] @ run("text.onnx", encode_text(text))[0])


def main(*paths, question):
    if "answers" not in ABOUT:
        for path in paths:
            print(f"{fit(encode_images([path]), question):.6f} {path}")
    elif len(paths) == IMAGES:
        for name, probability in answer(encode_images(paths), question)[:5]:
            print(f"{probability:.6f} {name}")
    else:
        raise ValueError(f"{len(paths)} pictures: give {IMAGES}, and last a question in quotes")


if __name__ == "__main__":
    try:
        *paths, question = sys.argv[1:] or [""]
        main(*paths, question=question)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
