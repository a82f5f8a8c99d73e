"""Writes the small data sets of test/files with the libraries that write the real ones.

    python -m venv venv && venv/bin/pip install pyarrow pandas webdataset datasets pillow
    venv/bin/python test/files/make_formats.py

pyarrow 26.0.1, pandas 3.1.1, webdataset 1.0.2, datasets 5.2.0, pillow 13.0.0 wrote the files that are checked in.
Picture k is 24 x 16 pixels of the one colour (40 k, 200 - 30 k, 60), so that a test can tell which one it was given.
"""
import io, json, os, shutil, sys
import pandas as pd, pyarrow as pa, pyarrow.parquet as pq
from PIL import Image

ROOT = os.path.dirname(os.path.abspath(__file__))

def jpeg(k):
    buffer = io.BytesIO()
    Image.new("RGB", (24, 16), (40 * k, 200 - 30 * k, 60)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()

def png(k):
    buffer = io.BytesIO()
    Image.new("RGB", (24, 16), (40 * k, 200 - 30 * k, 60)).save(buffer, "PNG")
    return buffer.getvalue()

def fresh(name):
    folder = os.path.join(ROOT, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder

def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())

def dump(path, value):
    write(path, json.dumps(value, separators=(",", ":")))

def lines(path, rows):
    write(path, "".join(json.dumps(row) + "\n" for row in rows))

def vqav2():
    """28 questions: yes 11 times, no 9, "2" 9 times as "two" in part, red 8 times (too few)."""
    folder = fresh("vqav2")
    multiple = {"train2014": ["Yes"] * 6 + ["red"] * 5 + ["two"] * 4 + ["no"] * 5, "val2014": ["no"] * 4 + ["yes"] * 5 + ["2"] * 5 + ["red"] * 3}
    number = {"train2014": 0, "val2014": 100}
    for split, answers in multiple.items():
        questions, annotations = [], []
        for i, answer in enumerate(answers):
            image = number[split] + i % 3
            one = {"image_id": image, "question_id": image * 1000 + i}
            questions.append({**one, "question": f"What is it, {split} {i}?"})
            said = [answer.lower()] * 7 + ["maybe", "yes", "2"]
            annotations.append({**one, "question_type": "what is", "answer_type": "other", "multiple_choice_answer": answer,
                                "answers": [{"answer": a, "answer_confidence": "yes", "answer_id": n + 1} for n, a in enumerate(said)]})
        info = {"description": 'a "small" { [ set', "version": "2.0"}
        dump(f"{folder}/v2_OpenEnded_mscoco_{split}_questions.json", {"info": info, "task_type": "Open-Ended", "data_type": "mscoco", "license": {}, "data_subtype": split, "questions": questions})
        dump(f"{folder}/v2_mscoco_{split}_annotations.json", {"info": info, "license": {}, "data_subtype": split, "annotations": annotations, "data_type": "mscoco"})
        for i in range(3):
            image = number[split] + i
            write(f"{folder}/{split}/COCO_{split}_{image:012d}.jpg", jpeg(i))
    dump(f"{folder}/v2_OpenEnded_mscoco_test-dev2015_questions.json", {"questions": [{"image_id": 7, "question_id": 7000, "question": "Is it?"}]})
    write(f"{folder}/test2015/COCO_test2015_{7:012d}.jpg", jpeg(3))

def arrow_file(path, frame, schema=None, rows=1000):
    """As the ViLT code writes its files: a pandas frame, through pyarrow, into one IPC file."""
    table = pa.Table.from_pandas(frame, schema=schema)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with pa.OSFile(path, "wb") as sink:
        with pa.RecordBatchFileWriter(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=rows)

def vilt():
    folder = fresh("vilt-arrow")
    def vqa(first, count, split):
        rows = [[jpeg(first + i), [f"is it {i} {n}?" for n in range(2)], [["yes", "no"], ["red"]], [[1, 0], [2]], [[1.0, 0.3], [0.9]], first + i, [10 * i, 10 * i + 1], split] for i in range(count)]
        return pd.DataFrame(rows, columns=["image", "questions", "answers", "answer_labels", "answer_scores", "image_id", "question_id", "split"])
    arrow_file(f"{folder}/vqav2_train.arrow", vqa(0, 3, "train"), rows=2)
    whole = pd.concat([vqa(3, 1, "val"), vqa(4, 1, "val")])
    arrow_file(f"{folder}/vqav2_trainable_val.arrow", whole[:1])
    arrow_file(f"{folder}/vqav2_rest_val.arrow", whole[1:])
    test = pd.DataFrame([[jpeg(2), ["is it?"], [], [], [], 99, [990], "test"]], columns=vqa(0, 0, "").columns)
    arrow_file(f"{folder}/vqav2_test.arrow", test)
    def nlvr2(first, texts):
        return pd.DataFrame([[jpeg(first), jpeg(first + 1), texts, ["True", "False"][: len(texts)], "train-1-0"]], columns=["image_0", "image_1", "questions", "answers", "identifier"])
    for name, first in (("train", 0), ("dev", 1), ("test1", 2)):
        arrow_file(f"{folder}/nlvr2_{name}.arrow", nlvr2(first, ["both are green", "one is red"]))
    for name, first in (("train", 0), ("dev", 2), ("test", 3)):
        frame = pd.DataFrame([[jpeg(first + i), ["a dog", "a cat", "a pet"], ["entailment", "contradiction", "neutral"], str(100 + i)] for i in range(2)], columns=["image", "questions", "answers", "identifier"])
        arrow_file(f"{folder}/snli_ve_{name}.arrow", frame)
    def captions(first, split):
        rows = [[jpeg(first + i), ["a  green thing", "a thing", "a thing"], f"COCO_val2014_{first + i:012d}.jpg", split] for i in range(2)]
        return pd.DataFrame(rows, columns=["image", "caption", "image_id", "split"])
    # Before pandas 3, texts were string, not large_string.
    old = pa.schema([("image", pa.binary()), ("caption", pa.list_(pa.string())), ("image_id", pa.string()), ("split", pa.string())])
    for first, split in enumerate(("train", "val", "restval", "test")):
        arrow_file(f"{folder}/coco_caption_karpathy_{split}.arrow", captions(first, split), old)
    for first, split in enumerate(("train", "val", "test")):
        arrow_file(f"{folder}/f30k_caption_karpathy_{split}.arrow", captions(first, split))
    arrow_file(f"{folder}/conceptual_caption_train_0.arrow", captions(0, "train"))
    arrow_file(f"{folder}/conceptual_caption_train_1.arrow", captions(2, "train"))
    arrow_file(f"{folder}/conceptual_caption_val_0.arrow", captions(1, "val"))
    arrow_file(f"{folder}/sbu_0.arrow", captions(1, "train"))
    vg = pd.DataFrame([[jpeg(1), ["a leg", "a hat"], [3, 4], [5, 6], [7, 8], [9, 10], "12"]], columns=["image", "caption", "width", "height", "x", "y", "image_id"])
    arrow_file(f"{folder}/vg.arrow", vg)

def nlvr2():
    folder = fresh("nlvr2")
    def row(identifier, label, **more):
        return {"sentence": f"The left one, {identifier}.", "label": label, "identifier": identifier, "left_url": "http://a/l.png", "right_url": "http://a/r.png", "synset": "dog", "query": "dog1", "writer": 4, **more}
    lines(f"{folder}/nlvr2/data/train.json", [row("train-10-0-0", "True", directory=17), row("train-10-0-1", "False", directory=17)])
    lines(f"{folder}/nlvr2/data/dev.json", [row("dev-3-1-0", "False")])
    lines(f"{folder}/nlvr2/data/test1.json", [row("test1-0-2-1", "True")])
    for k in (0, 1):
        write(f"{folder}/images/train/17/train-10-0-img{k}.png", png(k))
        write(f"{folder}/dev/dev-3-1-img{k}.png", png(2 + k))
        write(f"{folder}/test1/test1-0-2-img{k}.png", png(4 - k))

def snli_ve():
    necla, albef = fresh("snli-ve-necla"), fresh("snli-ve-albef")
    labels = ["entailment", "neutral", "contradiction"]
    for k, split in enumerate(("train", "dev", "test")):
        lines(f"{necla}/snli_ve_{split}.jsonl", [{"annotator_labels": [label], "captionID": f"{200 + k}.jpg#0", "gold_label": label, "pairID": f"{200 + k}.jpg#0r1{label[0]}", "sentence1": "A dog.", "sentence2": f"It is {label}.", "Flickr30K_ID": str(200 + k)} for label in labels])
        dump(f"{albef}/{split}.json", [{"image": str(200 + k), "sentence": f"It is {label}.", "label": label} for label in labels])
        write(f"{necla}/Flickr30K_images/{200 + k}.jpg", jpeg(k))
        write(f"{albef}/images/{200 + k}.jpg", jpeg(k))

def karpathy():
    coco, flickr = fresh("karpathy-coco"), fresh("karpathy-flickr30k")
    def image(k, filename, split, **more):
        sentences = [{"raw": f"A thing, number {n}.", "tokens": ["a", "thing"], "sentid": 5 * k + n, "imgid": k} for n in range(2)] + [{"raw": "A thing, number 0.", "tokens": ["a"], "sentid": 5 * k + 4, "imgid": k}]
        return {"filename": filename, "split": split, "sentences": sentences, "sentids": [s["sentid"] for s in sentences], "imgid": k, **more}
    splits = ["train", "restval", "val", "test"]
    name = lambda k: f"COCO_{'train' if k == 0 else 'val'}2014_{k:012d}.jpg"
    dump(f"{coco}/dataset_coco.json", {"images": [image(k, name(k), s, cocoid=k, filepath="train2014" if k == 0 else "val2014") for k, s in enumerate(splits)], "dataset": "coco"})
    for k in range(4):
        write(f"{coco}/{'train' if k == 0 else 'val'}2014/{name(k)}", jpeg(k))
    dump(f"{flickr}/dataset_flickr30k.json", {"images": [image(k, f"{k}.jpg", s) for k, s in enumerate(("train", "val", "test"))], "dataset": "flickr30k"})
    for k in range(3):
        write(f"{flickr}/flickr30k-images/{k}.jpg", jpeg(k))

def recompress(path, codec):
    """datasets writes snappy; many sets on the hub were written by pyarrow with another codec."""
    pq.write_table(pq.read_table(path), path, compression=codec)

def parquet():
    from datasets import ClassLabel, Dataset, Features, Image as Picture, Sequence, Value
    folder = fresh("parquet")
    image = lambda k: {"bytes": jpeg(k), "path": f"{k}.jpg"}
    text = Value("string")
    vqa = Features({"question_type": text, "multiple_choice_answer": text, "answers": [{"answer": text, "answer_confidence": text, "answer_id": Value("int64")}], "image_id": Value("int64"), "answer_type": text, "question_id": Value("int64"), "question": text, "image": Picture()})
    rows = [{"question_type": "what", "multiple_choice_answer": "yes", "answers": [{"answer": a, "answer_confidence": "yes", "answer_id": n + 1} for n, a in enumerate(["yes"] * 6 + ["no"] * 3 + ["red"])], "image_id": k, "answer_type": "yes/no", "question_id": 10 * k, "question": f"is it {k}?", "image": image(k)} for k in range(5)]
    os.makedirs(f"{folder}/vqav2/data")
    Dataset.from_list(rows, features=vqa).to_parquet(f"{folder}/vqav2/data/validation-00000-of-00002.parquet", batch_size=2)
    Dataset.from_list(rows[:1], features=vqa).to_parquet(f"{folder}/vqav2/data/validation-00001-of-00002.parquet")
    flickr = Features({"image": Picture(), "caption": [text], "sentids": [text], "split": text, "img_id": text, "filename": text})
    rows = [{"image": image(k), "caption": ["a thing", f"thing {k}"], "sentids": ["0", "1"], "split": ["train", "val", "test"][k % 3], "img_id": str(k), "filename": f"{k}.jpg"} for k in range(4)]
    os.makedirs(f"{folder}/flickr30k/data")
    Dataset.from_list(rows, features=flickr).to_parquet(f"{folder}/flickr30k/data/test-00000-of-00001.parquet")
    recompress(f"{folder}/flickr30k/data/test-00000-of-00001.parquet", "zstd")
    phando = Features({"Flickr30K_ID": text, "gold_label": text, "image": Picture(), "sentence": text})
    rows = [{"Flickr30K_ID": str(k), "gold_label": label, "image": image(k), "sentence": f"it is {label}"} for k, label in enumerate(("entailment", "neutral", "contradiction"))]
    os.makedirs(f"{folder}/snli-ve-phando/data")
    Dataset.from_list(rows, features=phando).to_parquet(f"{folder}/snli-ve-phando/data/train-00000-of-00001.parquet")
    recompress(f"{folder}/snli-ve-phando/data/train-00000-of-00001.parquet", "gzip")
    kinds = ClassLabel(names=["entailment", "neutral", "contradiction"])
    features = Features({"image": Picture(), "filename": text, "premise": text, "hypothesis": text, "label": kinds})
    rows = [{"image": image(k), "filename": f"{k}.jpg", "premise": "p", "hypothesis": f"it is {k}", "label": k} for k in range(3)]
    os.makedirs(f"{folder}/snli-ve-sedrickkeh/data")
    Dataset.from_list(rows, features=features).to_parquet(f"{folder}/snli-ve-sedrickkeh/data/train-00000-of-00001.parquet")

def webdataset():
    from webdataset import ShardWriter
    captions, questions = fresh("webdataset"), fresh("webdataset-vqa")
    with ShardWriter(f"{captions}/%05d.tar", maxcount=2, verbose=0, mtime=0) as sink:
        for k in range(5):
            sink.write({"__key__": f"{k:09d}", "jpg": jpeg(k), "txt": f"thing {k}", "json": {"caption": f"thing {k}", "url": f"http://a/{k}.jpg"}})
    with ShardWriter(f"{questions}/train-%06d.tar", maxcount=3, verbose=0, mtime=0) as sink:
        for k in range(4):
            sink.write({"__key__": f"folder/{k}", "png": png(k), "json": {"question": f"is it {k}?", "answers": ["yes"] * 6 + ["no"] * 4, "question_id": k}})

def tables():
    folder = fresh("tables")
    pd.DataFrame([{"image": f"images/{k}.png", "question": f'is it "{k}",\nor not?', "answer": ["yes", "no"][k % 2]} for k in range(3)]).to_csv(f"{folder}/train.csv", index=False)
    pd.DataFrame([{"image": f"images/{k}.png", "question": f"is it {k}?", "answer": "yes"} for k in range(2)]).to_json(f"{folder}/validation.jsonl", orient="records", lines=True)
    for k in range(3):
        write(f"{folder}/images/{k}.png", png(k))

def augment():
    """Each op of RandAugment(2, 9) on a noisy gradient and on one colour, by Pillow, raw pixels in base64."""
    import base64, random
    from PIL import ImageEnhance, ImageOps
    chance = random.Random(5)
    noisy = Image.new("RGB", (23, 17))
    noisy.putdata([tuple(min(255, 20 + 7 * x + 3 * y * c + chance.randrange(60)) for c in range(3)) for y in range(17) for x in range(23)])
    affine = lambda *matrix: lambda image: image.transform(image.size, Image.Transform.AFFINE, matrix)
    enhance = lambda kind: lambda image: kind(image).enhance(0.3 * (1.9 - 0.1) + 0.1)
    added = lambda image: ImageOps.solarize(image.point([min(255, i + 33) for i in range(256)] * 3), 128)
    ops = {
        "autoContrast": ImageOps.autocontrast, "equalize": ImageOps.equalize, "posterize": lambda image: ImageOps.posterize(image, 1),
        "solarize": lambda image: ImageOps.solarize(image, 76.8), "solarizeAdd": added,
        "color": enhance(ImageEnhance.Color), "contrast": enhance(ImageEnhance.Contrast),
        "brightness": enhance(ImageEnhance.Brightness), "sharpness": enhance(ImageEnhance.Sharpness),
        "rotate": lambda image: image.rotate(9), "rotate-": lambda image: image.rotate(-9),
        "shearX": affine(1, 0.09, 0, 0, 1, 0), "shearX-": affine(1, -0.09, 0, 0, 1, 0),
        "shearY": affine(1, 0, 0, 0.09, 1, 0), "shearY-": affine(1, 0, 0, -0.09, 1, 0),
        "translateX": affine(1, 0, 30, 0, 1, 0), "translateX-": affine(1, 0, -30, 0, 1, 0),
        "translateY": affine(1, 0, 0, 0, 1, 30), "translateY-": affine(1, 0, 0, 0, 1, -30),
    }
    raw = lambda image: base64.b64encode(image.tobytes()).decode()
    pictures = {"noisy": noisy, "large": noisy.resize((35, 27), Image.Resampling.BICUBIC), "flat": Image.new("RGB", (5, 4), (9, 130, 255))}
    cases = [{"picture": name, "op": op, "pixels": raw(apply(picture))} for name, picture in pictures.items() for op, apply in ops.items()
             if name != "large" or op[:4] in ("tran", "rota", "shea")]
    dump(f"{ROOT}/augment.json", {"pictures": {name: {"width": p.width, "height": p.height, "pixels": raw(p)} for name, p in pictures.items()}, "cases": cases})

if __name__ == "__main__":
    for make in (augment, vqav2, vilt, nlvr2, snli_ve, karpathy, parquet, webdataset, tables):
        if len(sys.argv) == 1 or make.__name__ in sys.argv[1:]:
            make()
