"""Writes test/files/answers: answers of VQA in every form in which data sets of the Hugging Face hub hold them.

    pip install datasets pyarrow pillow; python test/files/make_answers.py    (datasets 5.2.0, pyarrow 26.0.1)
"""

import io
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, Image, List, Value
from PIL import Image as Picture

HERE = os.path.join(os.path.dirname(__file__), "answers")
QUESTIONS = ["is there a dog?", "is there a cat?", "is there a cow?"]
TEN = [["yes"] * 7 + ["no"] * 3, ["no"] * 10]


def picture():
    buffer = io.BytesIO()
    Picture.new("RGB", (4, 4), (200, 30, 30)).save(buffer, "PNG")
    return {"bytes": buffer.getvalue(), "path": "a.png"}


def table(**columns):
    image = pa.array([picture()] * 3, pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    return pa.table({"image": image, "question": QUESTIONS, **columns})


def write(name, **columns):
    """By pyarrow alone, as pandas and Spark write them: no description of features. The last row has no answer."""
    pq.write_table(table(**columns), os.path.join(HERE, f"{name}.parquet"))


def described(name, feature, values):
    """By the datasets library, with its description of features."""
    return Dataset.from_dict(
        {"image": [picture()] * 3, "question": QUESTIONS, name: values},
        features=Features({"image": Image(), "question": Value("string"), name: feature}),
    )



def main():
    os.makedirs(HERE, exist_ok=True)
    write("list-of-objects", answers=[[{"answer": a, "answer_id": i} for i, a in enumerate(r)] for r in TEN] + [[]])
    write("object-of-lists", answers=[{"answer": r, "answer_id": list(range(10))} for r in TEN] + [None])
    write("list", answers=TEN + [[""] * 10])
    write("ids-weights", label=[{"ids": ["yes", "no"], "weights": [1.0, 0.9]}, {"ids": ["no"], "weights": [1.0]}, {"ids": [], "weights": []}])
    write("labels-scores", labels=[["yes", "no"], ["no"], []], scores=[[1.0, 0.9], [1.0], []])
    write("multiple-choice", multiple_choice_answer=["yes", "no", "-"])
    write("json", answers=[*[json.dumps([{"answer": a} for a in r]) for r in TEN], ""])
    write("json-scores", label=['{"yes": 1, "no": 0.9}', '{"no": 1}', "{}"])
    write("numbers", answer=pa.array([2.0, 0.5, float("nan")]))
    write("dictionary", answer=pa.array(["yes", "no", None]).dictionary_encode())
    write("ids-without-names", label=pa.array([1, 0, -1]))
    write("dates", answer=pa.array([0, 1, 2], pa.date32()))
    write("python-list", answers=[*[str(r) for r in TEN], "[]"])
    write("annotation", annotation=[{"answer": "yes", "id": 0}, {"answer": "no", "id": 1}, {"answer": None, "id": 2}])
    write("annotation-json", annotation=['{"answer": "yes"}', '{"answers": ["no", "no"]}', "{}"])
    write("meta", meta=[{"gold": {"answer": "yes"}}, {"gold": {"answer": "no"}}, None])
    names = ClassLabel(names=["no", "yes"])
    for name, field, feature, values in [
        ("class-label", "answer", names, [1, 0, -1]),
        ("class-labels", "labels", List(names), [[1] * 4, [0] * 4, []]),
        ("class-label-object", "answers", {"answer": names, "source": Value("string")}, [{"answer": 1, "source": "a"}, {"answer": 0, "source": "b"}, {"answer": None, "source": None}]),
    ]:
        described(field, feature, values).to_parquet(os.path.join(HERE, f"{name}.parquet"))
    annotations = [[{"answer": 1}, {"answer": 0}], [{"answer": 0}], []]
    described("annotations", [{"answer": names}], annotations).to_parquet(os.path.join(HERE, "annotations.parquet"))
    data = described("label", names, [1, 0, -1])
    os.makedirs(os.path.join(HERE, "class-label"), exist_ok=True)
    with pa.OSFile(os.path.join(HERE, "class-label", "train.arrow"), "wb") as sink:
        with pa.ipc.new_file(sink, data.data.table.schema) as writer:
            writer.write_table(data.data.table)


main()
