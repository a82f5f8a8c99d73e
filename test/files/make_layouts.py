"""Writes the small data sets of test/files/layouts with the libraries that write the real ones.

    python -m venv venv && venv/bin/pip install pyarrow pandas webdataset datasets pillow
    venv/bin/python test/files/make_layouts.py [NAME ...]

pyarrow 26.0.1, pandas 3.1.1, webdataset 1.0.2, datasets 5.2.0, pillow 13.0.0 and the csv and json of Python 3.11 wrote
the files that are checked in. Picture k is that of make_formats.py.
"""
import base64, csv, io, json, os, random, sys
import pandas as pd, pyarrow as pa, pyarrow.feather, pyarrow.parquet as pq
from make_formats import jpeg, lines, png, write
import make_formats

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "layouts")
make_formats.ROOT = ROOT
from make_formats import fresh

def csv_cases():
    """Tables of awkward values by Python's csv, and what Python's csv reads of them."""
    draw = random.Random(1)
    parts = ["a", '"', ",", ";", "\n", "\r\n", "b c", '""', " ", "é", "\t", "|", 'x"y']
    cases = []
    while len(cases) < 60:
        mark, end = draw.choice(",\t;|"), draw.choice(["\n", "\r\n", "\r"])
        quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, ["image", "question", "answer"], delimiter=mark, lineterminator=end, quoting=quoting)
        table.writeheader()
        for _ in range(draw.randint(1, 4)):
            table.writerow({name: "".join(draw.choice(parts) for _ in range(draw.randint(0, 6))) for name in table.fieldnames})
        text = text.getvalue() if draw.random() < 0.7 else text.getvalue().rstrip("\r\n")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=mark))
        if any(None in row or None in row.values() for row in rows):
            continue  # a line end that the writer left without quotes
        encoding = draw.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
        cases.append({"base64": base64.b64encode(text.encode(encoding)).decode(), "rows": [{k: v for k, v in row.items() if v} for row in rows]})
    for text, mark in (('a,b\n1,x "y" z\n', ","), ('a,b\n"1"2,"3""4"x"y\n', ","), ('a, b\n1, "x, y"\n', ",")):
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True))
        cases.append({"base64": base64.b64encode(text.encode()).decode(), "rows": rows})
    folder = fresh("csv")
    write(f"{folder}/python.json", json.dumps(cases, indent=1))

def tables():
    """A row in the CSVs that people have, and rows of Python's json."""
    rows = [("images/0.png", "is there a dog?", "yes"), ("images/1.png", 'is it "red", or\nnot?', "no")]
    for name, file, mark, encoding in (("tab", "train.csv", "\t", "utf-8"), ("tsv", "train.tsv", "\t", "utf-8"), ("semicolon", "train.csv", ";", "utf-8-sig"), ("excel-unicode", "train.csv", "\t", "utf-16"), ("latin-1", "train.csv", ";", "latin-1")):
        folder = fresh(f"tables/{name}")
        texts = [(image, text.replace("red", "café") if encoding == "latin-1" else text, answer) for image, text, answer in rows]
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=mark).writerows([("image", "question", "answer"), *texts])
        write(f"{folder}/{file}", buffer.getvalue().encode(encoding))
        for k in range(2):
            write(f"{folder}/images/{k}.png", png(k))
    folder = fresh("tables/nan")
    lines(f"{folder}/train.jsonl", [{"image": "0.png", "question": "is it NaN, or -Infinity?", "answer": "yes", "similarity": float("nan"), "loss": float("-inf"), "image_id": 2**63 + 1, "seen": [2**53 + 1, 7]}])
    write(f"{folder}/0.png", png(0))

def shards():
    """Samples whose parts or stems have dots, and two shards of one name, by webdataset's TarWriter."""
    from webdataset import TarWriter
    folder = fresh("shards")
    def shard(name, samples, **options):
        os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
        with TarWriter(f"{folder}/{name}", mtime=0, **options) as sink:
            for key, parts in samples:
                sink.write({"__key__": key, **parts})
    for name, first in (("red", 0), ("blue", 2)):
        shard(f"{name}/00000.tar", [(f"{k:09d}", {"png": png(first + k), "txt": f"{name} {k}"}) for k in range(2)])
    shard("dots.tar", [(key, {"jpg": jpeg(k), "txt": f"thing {k}"}) for k, key in enumerate(("photo.v1", "photo.v2", "www.a.com_x", "www.a.com_y"))])
    shard("parts.tar", [(f"s{k}", {"input.jpg": jpeg(k), "output.txt": f"thing {k}"}) for k in range(2)])
    shard("depth.tar", [(f"s{k}", {"jpg": jpeg(k), "depth.png": png(4), "txt": f"thing {k}"}) for k in range(2)])
    shard("question.tar", [("s0", {"image.png": png(1), "mask.png": png(4), "question.txt": "is it?", "answer.txt": "yes"})])
    shard("unclear.tar", [("s0", {"left.png": png(1), "right.png": png(2), "txt": "two"}), ("s1", {"png": png(3), "txt": "one"})])
    shard("nan.tar", [("0", {"jpg": jpeg(0), "json": json.dumps({"caption": "a dog", "similarity": float("nan"), "id": 2**63}).encode()})])
    shard("packed.tar.gz", [("0", {"png": png(0), "txt": "thing"})], compress="gz")

def captions_a_row():
    """Two pictures with three captions each, a row a caption, in each kind of table; then ids and paths that mislead."""
    folder = fresh("captions-a-row")
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    texts = ["a dog runs", "a brown dog", "the dog plays", "a cat sleeps", "a grey cat", "the cat rests"]
    def table(name, pictures, paths, captions=texts, **columns):
        stored = pa.array([{"bytes": one, "path": path} for one, path in zip(pictures, paths)], image)
        os.makedirs(f"{folder}/{name}/data")
        pq.write_table(pa.table({"image": stored, "caption": captions, **columns}), f"{folder}/{name}/data/test-00000-of-00001.parquet")
    both = [png(k // 3) for k in range(6)]
    table("parquet", both, [None] * 6)
    table("parquet-paths", both, [f"{k // 3}.png" for k in range(6)])
    table("parquet-ids", [jpeg(0), png(0), png(0), png(1), png(1), png(1)], [None] * 6, image_id=[2**53 + 1] * 3 + [2**53] * 3)
    table("parquet-one-path", [png(k) for k in range(3)], ["image.png"] * 3, texts[:3])
    os.makedirs(f"{folder}/parquet-columns/data")
    stored = pa.array([{"bytes": png(k), "path": None} for k in range(2)], image)
    pq.write_table(pa.table({"image": stored, "caption_0": [texts[0], texts[3]], "caption_1": [texts[1], texts[4]], "caption_2": [texts[2], None]}), f"{folder}/parquet-columns/data/test-00000-of-00001.parquet")
    os.makedirs(f"{folder}/feather")
    stored = pa.table({"image": pa.array(both), "caption": texts})
    with pa.OSFile(f"{folder}/feather/test.arrow", "wb") as sink, pa.ipc.new_file(sink, stored.schema) as writer:
        writer.write_table(stored)
    for k in range(2):
        write(f"{folder}/files/{k}.png", png(k))
        write(f"{folder}/copies/{k}.png", png(0))
    pd.DataFrame({"image": [f"{k // 3}.png" for k in range(6)], "caption": texts}).to_csv(f"{folder}/files/test.csv", index=False)
    lines(f"{folder}/copies/test.jsonl", [{"image": f"{k}.png", "caption": texts[k]} for k in range(2)])
    from webdataset import TarWriter
    os.makedirs(f"{folder}/shards")
    with TarWriter(f"{folder}/shards/test-0.tar", mtime=0) as sink:
        for k in range(6):
            sink.write({"__key__": f"{k:05d}", "png": both[k], "txt": texts[k]})

def arrow():
    """ViLT's table and one with every type of Arrow, as file and as stream; folders of save_to_disk."""
    import decimal, datasets
    folder = fresh("arrow")
    datasets.disable_progress_bars()
    rows = {"image": [jpeg(0), jpeg(1)], "questions": [["is it green, as you see it?", "two?"], ["is it red?"]], "answers": [[["yes"], ["no", "yes"]], [["no"]]],
            "answer_labels": [[[0], [1, 0]], [[1]]], "answer_scores": [[[1.0], [0.3, 0.6]], [[1.0]]], "image_id": [1, 2**60 + 1], "question_id": [[1, 2], [3]], "split": ["train", "train"]}
    plain = pa.table(rows)
    def mapped(kind, of):
        if pa.types.is_list(kind): return of(pa.list_(mapped(kind.value_type, of)))
        return of(kind)
    def large(kind):
        if pa.types.is_list(kind): return pa.large_list(kind.value_type)
        return {pa.string(): pa.large_string(), pa.binary(): pa.large_binary()}.get(kind, kind)
    def view(kind):
        if pa.types.is_list(kind): return pa.list_view(kind.value_type)
        return {pa.string(): pa.string_view(), pa.binary(): pa.binary_view()}.get(kind, kind)
    def table(name, table, make=pa.ipc.new_file, rows=1, file="vqav2_train.arrow", **options):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
        with pa.OSFile(f"{folder}/{name}/{file}", "wb") as sink, make(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(table, max_chunksize=rows)
    cast = lambda of: pa.table([pa.array(plain[one.name].to_pylist(), mapped(one.type, of)) for one in plain.schema], names=plain.column_names)
    table("file", plain)
    table("stream", plain, pa.ipc.new_stream)
    table("stream-old", plain, pa.ipc.new_stream, use_legacy_format=True)
    table("large", cast(large))
    table("view", cast(view), pa.ipc.new_stream)
    table("dictionary", plain.set_column(7, "split", plain["split"].dictionary_encode()).set_column(0, "image", plain["image"].dictionary_encode()))
    for name, codec in (("compressed", "lz4"), ("compressed-zstd", "zstd")):
        table(name, plain, compression=codec)
    both = lambda one: [one, one]
    union = pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])
    dense = pa.UnionArray.from_dense(pa.array([0, 1], pa.int8()), pa.array([0, 0], pa.int32()), [pa.array([1]), pa.array(["b"])])
    others = {"flag": pa.array([True, None]), "point": pa.array(both({"x": 1, "y": "z"})), "price": pa.array(both(decimal.Decimal("1.5"))),
              "box": pa.array(both([1, 2, 3, 4]), pa.list_(pa.int64(), 4)), "tags": pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())), "half": pa.array([1, 2], pa.float16()),
              "moment": pa.array([0, 1], pa.timestamp("us", "UTC")), "day": pa.array([0, 1], pa.date32()), "time": pa.array([0, 1], pa.time64("us")), "span": pa.array([0, 1], pa.duration("s")),
              "months": pa.array([(1, 2, 3), None], pa.month_day_nano_interval()), "hash": pa.array([b"ab", b"cd"], pa.binary(2)), "nothing": pa.nulls(2), "either": union, "or": dense,
              "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(["r"])), "word": pa.array(["w", None]).dictionary_encode(),
              "words": pa.ListArray.from_arrays([0, 1, 2], pa.array(["u", "v"]).dictionary_encode()), "view": pa.array([b"short", b"longer than twelve bytes"], pa.binary_view()), "small": pa.array([-1, 2], pa.int8()), "huge": pa.array([2**64 - 1, 1], pa.uint64())}
    for name, make in (("others", pa.ipc.new_file), ("others-stream", pa.ipc.new_stream)):
        table(name, pa.table({**others, **{one: plain[one] for one in plain.column_names}, "last": others["words"]}), make, rows=2)
    # a row a question, with every other column before it
    texts = {"question": ["is it green, as you see it?", "is it red?"], "answer": pa.array(["yes", "no"]).dictionary_encode()}
    table("table", pa.table({**others, "image": pa.array([png(0), png(1)], pa.binary_view()), **texts}), rows=2, file="train.arrow")
    # two batches of a stream, the second with another dictionary, then one with more of it
    batches = [pa.record_batch({"image": [f"{k}.png"], "question": ["what?"], "answer": pa.DictionaryArray.from_arrays([len(words) - 1], words)}) for k, words in enumerate((["red"], ["blue"], ["blue", "green"]))]
    for name, deltas in (("replaced", False), ("deltas", True)):
        some = batches[1:] if deltas else batches[:2]
        os.makedirs(f"{folder}/{name}")
        with pa.OSFile(f"{folder}/{name}/train.arrow", "wb") as sink, pa.ipc.new_stream(sink, some[0].schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)) as writer:
            for batch in some:
                writer.write_batch(batch)
        for k in range(3):
            write(f"{folder}/{name}/{k}.png", png(k))
    features = datasets.Features({"image": datasets.Image(), "question": datasets.Value("string"), "answer": datasets.ClassLabel(names=["no", "yes"])})
    def dataset(first, count):
        images = [{"bytes": png(first + k), "path": None} for k in range(count)]
        return datasets.Dataset.from_dict({"image": images, "question": [f"is it {first + k}?" for k in range(count)], "answer": [k % 2 for k in range(count)]}, features=features, split="train" if first == 0 else None)
    dataset(0, 3).save_to_disk(f"{folder}/disk", num_shards=2)
    datasets.DatasetDict({"train": dataset(0, 2), "validation": dataset(2, 1)}).save_to_disk(f"{folder}/disks")

def annotations():
    """Annotations as ALBEF, BLIP and LAVIS have them, COCO's own captions, and the tables of Flickr30k, by json, csv and pandas."""
    folder = fresh("annotations")
    coco = lambda split, k: f"{split}/COCO_{split}_{k:012d}.jpg"
    for k in range(2):
        write(f"{folder}/albef-flickr/flickr30k-images/{k}.jpg", jpeg(k))
        write(f"{folder}/lavis-coco/{coco('val2014', k)}", jpeg(k))
        write(f"{folder}/vqa/{coco('val2014', k)}", jpeg(k))
        write(f"{folder}/nlvr/dev/dev-0-0-img{k}.png", png(k))
        write(f"{folder}/ve/flickr30k-images/{k}.jpg", jpeg(k))
        write(f"{folder}/coco/{coco('train2014', k)}", jpeg(k))
        write(f"{folder}/coco/{coco('val2014', k)}", jpeg(k))
        write(f"{folder}/flickr-hub/flickr30k-images/{k}.jpg", jpeg(k))
        write(f"{folder}/flickr-kaggle/flickr30k_images/{k}.jpg", jpeg(k))
        write(f"{folder}/flickr8k-kaggle/Images/{k}.jpg", jpeg(k))
        write(f"{folder}/flickr8k-tokens/Flicker8k_Dataset/{k}.jpg", jpeg(k))
        write(f"{folder}/imagefolder/train/{k}.png", png(k))
        write(f"{folder}/imagefolder-lines/{k}.png", png(k))
        write(f"{folder}/open-clip/images/{k}.png", png(k))
        write(f"{folder}/pandas/{k}.png", png(k))
        write(f"{folder}/accents/cafe\u0301 {k}.png", png(k))
    def save(path, value):
        write(f"{folder}/{path}", json.dumps(value))
    save("albef-flickr/flickr30k_train.json", [{"image": f"flickr30k-images/{k}.jpg", "caption": f"thing {k}, {n}", "image_id": str(k)} for k in range(2) for n in range(2)])
    save("albef-flickr/flickr30k_test.json", [{"image": f"flickr30k-images/{k}.jpg", "caption": [f"thing {k}, {n}" for n in range(2)]} for k in range(2)])
    save("lavis-coco/coco_karpathy_train.json", [{"caption": f"thing {k}", "image": coco("val2014", k), "image_id": f"coco_{k}"} for k in range(2)])
    save("lavis-coco/coco_karpathy_val.json", [{"image": coco("val2014", k), "caption": [f"thing {k}", "a thing"]} for k in range(2)])
    for split in ("train", "val"):
        save(f"vqa/vqa_{split}.json", [{"question_id": 10 + k, "question": f"is it {k}?", "answer": ["yes", "yes", "no"], "image": coco("val2014", k), "dataset": "vqa"} for k in range(2)])
    save("vqa/vqa_test.json", [{"question_id": 20, "question": "is it?", "image": coco("val2014", 0), "dataset": "vqa"}])
    save("vqa/answer_list.json", ["yes", "no"])
    for split in ("train", "dev", "test"):
        save(f"nlvr/nlvr_{split}.json", [{"sentence": f"both of {split}", "label": "True", "images": ["dev/dev-0-0-img0.png", "dev/dev-0-0-img1.png"]}])
        save(f"ve/ve_{split}.json", [{"image": str(k), "sentence": f"it is {k}", "label": ["entailment", "neutral"][k]} for k in range(2)])
    for split in ("train", "val"):
        images = [{"id": 5 - k, "file_name": f"COCO_{split}2014_{k:012d}.jpg", "height": 16, "width": 24} for k in range(2)]
        notes = [{"image_id": 5 - k, "id": 10 * k + n, "caption": f"thing {k}, {n}"} for n in range(2) for k in range(2)]
        save(f"coco/annotations/captions_{split}2014.json", {"info": {"description": "a [set]"}, "images": images, "licenses": [], "annotations": notes})
    hub = [{"raw": json.dumps([f"thing {k}", "a thing"]), "sentids": "[0, 1]", "split": ["train", "test"][k], "filename": f"{k}.jpg", "img_id": k} for k in range(2)]
    pd.DataFrame(hub).to_csv(f"{folder}/flickr-hub/flickr_annotations_30k.csv", index=False)
    # row 19,999 of Kaggle's table lacks a separator, as the last but one here
    write(f"{folder}/flickr-kaggle/results.csv", "image_name| comment_number| comment\n0.jpg| 0| Thing 0 .\n0.jpg| 1| \"A thing\" , it says .\n1.jpg| 0   A dog runs .\n1.jpg| 1| Thing 1 .\n")
    pd.DataFrame({"image": ["0.jpg", "0.jpg", "1.jpg"], "caption": ["thing 0", "a thing, red", "thing 1"]}).to_csv(f"{folder}/flickr8k-kaggle/captions.txt", index=False)
    write(f"{folder}/flickr8k-tokens/Flickr8k.token.txt", "".join(f"{k}.jpg#{n}\tThing {k} , {n} .\n" for k in range(2) for n in range(2)))
    pd.DataFrame({"file_name": ["0.png", "1.png"], "text": ["thing 0", "thing 1"]}).to_csv(f"{folder}/imagefolder/train/metadata.csv", index=False)
    lines(f"{folder}/imagefolder-lines/metadata.jsonl", [{"file_name": f"{k}.png", "text": f"thing {k}"} for k in range(2)])
    pd.DataFrame({"filepath": [f"images\\{k}.png" for k in range(2)], "title": ["thing 0", "thing 1"]}).to_csv(f"{folder}/open-clip/train.csv", index=False, sep="\t")
    pd.DataFrame({"image": ["0.png", "1.png"], "caption": ["thing 0", None]}).to_json(f"{folder}/pandas/train.json", orient="records")
    lines(f"{folder}/pandas/test.json", [{"image": "1.png", "caption": "thing 1"}])
    lines(f"{folder}/accents/train.jsonl", [{"image": f"caf\u00e9 {k}.png", "caption": f"thing {k}"} for k in range(2)])

def pairs():
    """Two images a row: in two columns, and as a list; answers as a map; links in a shard; the lists of Flickr8k's splits."""
    import tarfile
    folder = fresh("pairs")
    stored = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    one = lambda k: {"bytes": png(k), "path": None}
    texts = {"sentence": ["both are green", "one is red"], "label": ["True", "False"]}
    images = {
        "sides": {"left": pa.array([one(0), one(2)], stored), "right": pa.array([one(1), one(3)], stored)},
        "list": {"images": pa.array([[one(0), one(1)], [one(2), one(3)]], pa.list_(stored))},
        "binary": {"images": pa.array([[png(0), png(1)], [png(2), png(3)]], pa.list_(pa.binary()))},
        "lacking": {"images": pa.array([[one(0)], [one(2), one(3)]], pa.list_(stored))},
    }
    def both(name, table):
        os.makedirs(f"{folder}/{name}/default/train")
        pq.write_table(table, f"{folder}/{name}/default/train/0000.parquet")
        os.makedirs(f"{folder}/{name}-arrow")
        pa.feather.write_feather(table, f"{folder}/{name}-arrow/train.feather", compression="zstd")
    for name, columns in images.items():
        both(name, pa.table({**columns, **texts}))
    map_ = pa.array([[("yes", 1.0), ("no", 0.5)], [("no", 1.0)]], pa.map_(pa.string(), pa.float64()))
    both("map", pa.table({"image": pa.array([one(0), one(1)], stored), "question": ["is it green?", "is it red?"], "answers": map_}))
    with tarfile.open(f"{folder}/links.tar", "w", format=tarfile.GNU_FORMAT) as tar:
        def add(name, data=b"", kind=tarfile.REGTYPE, target=""):
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(data), kind, target
            tar.addfile(info, io.BytesIO(data))
        long = "a" * 120
        for k, (kind, target) in enumerate([(tarfile.REGTYPE, ""), (tarfile.LNKTYPE, f"s/{long}.png"), (tarfile.SYMTYPE, f"./{long}.png")]):
            add(f"s/{long}.png" if k == 0 else f"s/{k}.png", png(1) if k == 0 else b"", kind, target)
            add(f"s/{long}.txt" if k == 0 else f"s/{k}.txt", f"thing {k}".encode())
    for k in range(3):
        write(f"{folder}/flickr8k/Flicker8k_Dataset/{k}.jpg", jpeg(k))
    write(f"{folder}/flickr8k/Flickr8k.token.txt", "0.jpg#0\tThing 0 .\nno caption\n1.jpg#0\tThing 1 .\n2.jpg#0\tThing 2 .\n")
    for k, split in enumerate(("train", "dev", "test")):
        write(f"{folder}/flickr8k/Flickr_8k.{split}Images.txt", f"{k}.jpg\n")

def left_out():
    """Rows, captions, images and files that cannot be used or are not there, each beside others that are whole."""
    import decimal
    folder = fresh("left-out")
    stored = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    one = lambda k: {"bytes": png(k), "path": None}
    captions = lambda ks: pa.table({"image": pa.array([one(k) for k in ks], stored), "caption": [f"thing {k}" for k in ks]})
    for part in (0, 2):
        os.makedirs(f"{folder}/parts/data", exist_ok=True)
        pq.write_table(captions([part]), f"{folder}/parts/data/train-{part:05d}-of-00003.parquet")
    whole = lambda kind: pa.array([decimal.Decimal(2**53 + k) for k in (0, 1)], kind)
    ids = pa.table({"image": pa.array([one(0), one(1)], stored), "caption": ["thing 0", "thing 1"], "image_id": whole(pa.decimal128(38, 0)), "short_id": whole(pa.decimal128(18, 0)), "ratio": pa.array([decimal.Decimal("0.25"), None])})
    for name, as_integer in (("decimals", False), ("decimals-as-integers", True)):
        os.makedirs(f"{folder}/{name}")
        pq.write_table(ids, f"{folder}/{name}/train.parquet", store_decimal_as_integer=as_integer)
    # ViLT's table: rows 2 to 7 lack a question, the list of them, a picture, an answer, a score and a number
    good = dict(image=png(0), questions=["is it green?", "two?"], answers=[["yes"], ["no"]], answer_labels=[[0], [1]], answer_scores=[[1.0], [1.0]], image_id=1, question_id=[1, 2], split="train")
    bad = [dict(questions=["is it green?", None]), dict(questions=None), dict(image=None), dict(answers=[["yes"]]), dict(answer_scores=[[1.0], []]), dict(question_id=[1])]
    rows = [good, *({**good, **change} for change in bad), *[good] * 6]
    kinds = dict(image=pa.binary(), questions=pa.list_(pa.string()), answers=pa.list_(pa.list_(pa.string())), answer_labels=pa.list_(pa.list_(pa.int64())), answer_scores=pa.list_(pa.list_(pa.float64())), image_id=pa.int64(), question_id=pa.list_(pa.int64()), split=pa.string())
    table = pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()})
    os.makedirs(f"{folder}/vilt")
    with pa.OSFile(f"{folder}/vilt/vqav2_train.arrow", "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=5)
    for k in range(4):
        write(f"{folder}/flickr8k/Flicker8k_Dataset/{k}.jpg", jpeg(k))
    write(f"{folder}/flickr8k/Flickr8k.token.txt", "".join(f"{k}.jpg#{n}\tThing {k} .\n" for k in (0, 1, 3) for n in range(2)))
    write(f"{folder}/flickr8k/Flickr_8k.trainImages.txt", "0.jpg\n2.jpg\n")
    write(f"{folder}/flickr8k/Flickr_8k.testImages.txt", "1.jpg\n")
    name = lambda k: f"COCO_train2014_{k:012d}.jpg"
    write(f"{folder}/coco/train2014/{name(0)}", jpeg(0))
    notes = [{"image_id": k, "id": k, "caption": f"thing {k}"} for k in (0, 8, 8)]
    write(f"{folder}/coco/annotations/captions_train2014.json", json.dumps({"images": [{"id": k, "file_name": name(k)} for k in range(2)], "annotations": notes}))

def kept_otherwise():
    """Pictures and captions in other types than the usual ones: as parquet, and as Arrow beside it."""
    folder = fresh("kept-otherwise")
    stored = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    pictures = pa.array([{"bytes": png(k), "path": None} for k in range(2)], stored)
    texts = ["thing 0", "thing 1"]
    columns = {
        "lz4": {"image": pictures, "caption": texts},
        "binary-texts": {"image": pictures, "caption": pa.array([text.encode() for text in texts])},
        "lists-of-bytes": {"image": pa.array([list(png(k)) for k in range(2)], pa.list_(pa.uint8())), "caption": texts},
        "paths": {"image": pa.array([{"bytes": None, "path": f"{k}.png"} for k in range(2)], stored), "caption": texts},
        "sentences": {"image": pictures, "sentences": [[{"raw": text, "sentid": 1}] for text in texts]},
    }
    for name, table in columns.items():
        os.makedirs(f"{folder}/{name}")
        pq.write_table(pa.table(table), f"{folder}/{name}/train.parquet", compression="lz4" if name == "lz4" else "snappy")
        pa.feather.write_feather(pa.table(table), f"{folder}/{name}/rows.arrow", compression="uncompressed")
    for k in range(2):
        write(f"{folder}/paths/{k}.png", png(k))

def other_pictures():
    """Tables with a second column of pictures, one of other bytes and one of paths: as parquet, and as Arrow beside it."""
    folder = fresh("other-pictures")
    stored = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    of = lambda values, kind=stored: pa.array(values, kind)
    struct = lambda k: {"bytes": png(k), "path": f"{k}.png"}
    about = {"caption": ["thing 0", "thing 1"], "file_name": ["0.png", "1.png"], "sound": of([{"bytes": b"RIFF1234WAVEfmt ", "path": "a.wav"}] * 2)}
    columns = {
        "structs": {"image": of([struct(0), struct(1)]), "depth": of([None, struct(4)]), **about},
        "bytes": {"image": of([png(0), png(1)], pa.binary()), "img": of([jpeg(4), jpeg(4)], pa.binary()), **about},
        "lists": {"image": of([struct(0), struct(1)]), "views": of([[struct(3), struct(4)], []], pa.list_(stored)), **about},
        "paths": {"image": ["0.png", "1.png"], "depth": ["depth/0.png", None], **about},
    }
    for name, table in columns.items():
        os.makedirs(f"{folder}/{name}")
        pq.write_table(pa.table(table), f"{folder}/{name}/train.parquet")
        pa.feather.write_feather(pa.table(table), f"{folder}/{name}/rows.arrow", compression="uncompressed")
    for k in range(2):
        write(f"{folder}/paths/{k}.png", png(k))

if __name__ == "__main__":
    makers = [csv_cases, tables, shards, captions_a_row, arrow, annotations, pairs, left_out, kept_otherwise, other_pictures]
    for make in makers:
        if len(sys.argv) < 2 or make.__name__ in sys.argv[1:]:
            make()
