"""Writes packages/label/test-fixtures/tiny-grounding-dino: a folder laid out like a Grounding DINO of the Hugging Face hub whose
answers can be told by looking at the image.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install onnx==1.23.1 numpy
    /tmp/venv/bin/python tools/make-tiny-detector.py && npx biome format --write packages/label/test-fixtures

Inputs and outputs have Grounding DINO's names, types and shapes. Of 900 queries four mean something:

    0 red, 1 green, 2 blue   box: the pixels whose channel is more than 0.3 above both others (0..1), inside pixel_mask, as a
                             fraction of the part that pixel_mask says is image; strength: their mean distance d
    3 red again              box of query 0 at 0.9 of its sides, strength 0.9 d

logit of query q for a token = 8 x strength(q) x (how much the token means q's colour) - 4, so a pure colour has logit 4 for its own
word; 0 strength or another word -4. The other queries have -6 everywhere. Where attention_mask is 0, and from token T to 256,
logits are minus infinity, as in the real model. `onnx/model_fixed.onnx` is the same for one image of 48 x 64 and 32 tokens,
`model_pairs.onnx` for two of them, and `model_other.onnx` is another kind of model.
"""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

OUT = Path(__file__).parent.parent / "packages/label/test-fixtures/tiny-grounding-dino"
QUERIES, COLUMNS = 900, 256
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
# A token and how much it means red, green and blue.
VOCABULARY = {
    "[PAD]": (0, 0, 0), "[UNK]": (0, 0, 0), "[CLS]": (0, 0, 0), "[SEP]": (0, 0, 0), ".": (0, 0, 0), "?": (0, 0, 0),
    "a": (0, 0, 0), "the": (0, 0, 0), "square": (0, 0, 0), "circle": (0, 0, 0), "cat": (0, 0, 0), "remote": (0, 0, 0),
    "control": (0, 0, 0), "red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "crimson": (0.9, 0, 0),
    "##ish": (0.7, 0.7, 0.7), "##s": (0, 0, 0), "-": (0, 0, 0),
}  # fmt: skip

nodes, constants = [], []
FREE = ["batch_size", "height", "width", "sequence_length"]
FIXED = [1, 48, 64, 32]


def constant(name, values, kind=np.float32):
    constants.append(numpy_helper.from_array(np.array(values, dtype=kind), name))
    return name


def node(operator, inputs, name, **attributes):
    nodes.append(helper.make_node(operator, inputs, [name], **attributes))
    return name


def build(lengths):
    nodes.clear()
    constants.clear()
    batch_size, height, width, tokens_length = lengths
    integer = lambda name, values: constant(name, values, np.int64)  # noqa: E731
    one, two, three = integer("axis1", [1]), integer("axis2", [2]), integer("axis3", [3])
    both = integer("axes23", [2, 3])

    # [B, 3, H, W]: how far each channel is above the other two.
    shown = node("Mul", ["pixel_values", constant("std", np.reshape(STD, (1, 3, 1, 1)))], "scaled")
    shown = node("Add", [shown, constant("mean", np.reshape(MEAN, (1, 3, 1, 1)))], "shown")
    first = node("Gather", [shown, integer("next", [1, 2, 0])], "first_other", axis=1)
    second = node("Gather", [shown, integer("after", [2, 0, 1])], "second_other", axis=1)
    above = node("Sub", [shown, node("Max", [first, second], "others")], "above")
    mask = node("Unsqueeze", [node("Cast", ["pixel_mask"], "mask3", to=TensorProto.FLOAT), one], "mask")
    bright = node("Cast", [node("Greater", [above, constant("least", 0.3)], "is_bright")], "bright", to=TensorProto.FLOAT)
    area = node("Mul", [bright, mask], "area")
    count = node("Max", [node("ReduceSum", [area, both], "count0", keepdims=0), constant("unit", 1.0)], "count")
    strength = node("Div", [node("ReduceSum", [node("Mul", [area, above], "felt"), both], "sum", keepdims=0), count], "strength")

    # Extents along x (axis 3) and y (axis 2), [B, 3] each, as fractions of the image without its padding.
    shape = node("Shape", ["pixel_values"], "shape")
    ends = {}
    for axis, along, across in (("x", 3, two), ("y", 2, three)):
        length = node("Gather", [shape, integer(f"{axis}_index", along)], f"{axis}_length")
        steps = node("Range", [integer(f"{axis}_0", 0), length, integer(f"{axis}_1", 1)], f"{axis}_steps")
        steps = node("Cast", [steps], f"{axis}_position", to=TensorProto.FLOAT)
        real = node("Cast", [length], f"{axis}_float", to=TensorProto.FLOAT)
        after = node("Add", [steps, "unit"], f"{axis}_after")
        line = node("ReduceMax", [area, across], f"{axis}_line", keepdims=0)
        maskline = node("ReduceMax", [mask, across], f"{axis}_maskline", keepdims=0)
        valid = node("ReduceMax", [node("Mul", [maskline, after], f"{axis}_v"), two], f"{axis}_valid", keepdims=0)
        high = node("ReduceMax", [node("Mul", [line, after], f"{axis}_h"), two], f"{axis}_high", keepdims=0)
        back = node("Sub", [real, steps], f"{axis}_back")
        low = node("ReduceMax", [node("Mul", [line, back], f"{axis}_l"), two], f"{axis}_lowback", keepdims=0)
        low = node("Sub", [real, low], f"{axis}_low")
        size = node("Max", [node("Sub", [high, low], f"{axis}_d"), constant(f"{axis}_none", 0.0)], f"{axis}_size")
        middle = node("Mul", [node("Add", [high, low], f"{axis}_sum"), constant(f"{axis}_half", 0.5)], f"{axis}_middle")
        ends[axis] = [node("Div", [part, valid], f"{name}_{axis}") for name, part in (("c", middle), ("s", size))]
    parts = [ends["x"][0], ends["y"][0], ends["x"][1], ends["y"][1]]
    boxes = node("Concat", [node("Unsqueeze", [part, two], f"{part}_1") for part in parts], "boxes3", axis=2)
    colours = integer("colour_of_query", [0, 1, 2, 0])
    boxes = node("Gather", [boxes, colours], "boxes4", axis=1)
    shrink = np.ones((1, 4, 4))
    shrink[0, 3, 2:] = 0.9
    boxes = node("Mul", [boxes, constant("shrink", shrink)], "told_boxes")

    # [B, 4, T]: what the tokens mean for the queries' colours.
    meaning = node("Gather", [constant("meaning", list(VOCABULARY.values())), "input_ids"], "meaning_of")
    meaning = node("Gather", [node("Transpose", [meaning], "by_colour", perm=[0, 2, 1]), colours], "by_query", axis=1)
    felt = node("Gather", [strength, colours], "felt_by_query", axis=1)
    felt = node("Mul", [felt, constant("gain", [[8, 8, 8, 7.2]])], "gained")
    logits = node("Mul", [node("Unsqueeze", [felt, two], "gained1"), meaning], "product")
    logits = node("Sub", [logits, constant("offset", 4.0)], "told")

    # 896 queries that mean nothing; the mask of tokens; 256 columns.
    batch = node("Slice", [shape, integer("from0", [0]), integer("to1", [1])], "batch")
    tokens = node("Slice", [node("Shape", ["input_ids"], "ids_shape"), integer("from1", [1]), integer("to2", [2])], "tokens")
    rest = integer("rest", [QUERIES - 4])
    dull = node("Expand", [constant("dull", -6.0), node("Concat", [batch, rest, tokens], "dull_shape", axis=0)], "dull3")
    logits = node("Concat", [logits, dull], "all_queries", axis=1)
    seen = node("Unsqueeze", [node("Cast", ["attention_mask"], "seen2", to=TensorProto.BOOL), one], "seen")
    never = constant("never", -np.inf)
    logits = node("Where", [seen, logits, never], "masked")
    more = node("Sub", [integer("columns", [COLUMNS]), tokens], "more")
    zeros = integer("zeros5", [0, 0, 0, 0, 0])
    logits = node("Pad", [logits, node("Concat", [zeros, more], "pads", axis=0), never], "logits")
    whole = node("Expand", [constant("whole", [[[0.5, 0.5, 1.0, 1.0]]]), node("Concat", [batch, rest, integer("four", [4])], "whole_shape", axis=0)], "whole3")
    node("Concat", [boxes, whole], "pred_boxes", axis=1)

    value = helper.make_tensor_value_info
    text = [value(name, TensorProto.INT64, [batch_size, tokens_length]) for name in ("input_ids", "token_type_ids", "attention_mask")]
    graph = helper.make_graph(
        nodes,
        "tiny-grounding-dino",
        [
            value("pixel_values", TensorProto.FLOAT, [batch_size, 3, height, width]),
            *text,
            value("pixel_mask", TensorProto.INT64, [batch_size, height, width]),
        ],
        [
            value("logits", TensorProto.FLOAT, [batch_size, QUERIES, COLUMNS]),
            value("pred_boxes", TensorProto.FLOAT, [batch_size, QUERIES, 4]),
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9, producer_name="fgam")
    checker.check_model(model, full_check=True)
    return model


def another_kind():
    """A detector without text, of which two names and one type are Grounding DINO's."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Cast", ["pixel_mask"], ["logits"], to=TensorProto.FLOAT)],
        "another-kind",
        [value("pixel_mask", TensorProto.INT64, ["batch_size", "height", "width"]), value("size", TensorProto.INT64, [2])],
        [value("logits", TensorProto.FLOAT, ["batch_size", "height", "width"])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9, producer_name="fgam")


def write_json(name, value):
    (OUT / name).write_text(json.dumps(value, indent=2) + "\n")


def special(index, content):
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": index, "content": content, **flags}


def main():
    (OUT / "onnx").mkdir(parents=True, exist_ok=True)
    save(build(FREE), OUT / "onnx/model.onnx")
    save(build(FIXED), OUT / "onnx/model_fixed.onnx")
    save(build([2, *FIXED[1:]]), OUT / "onnx/model_pairs.onnx")
    save(another_kind(), OUT / "onnx/model_other.onnx")
    words = list(VOCABULARY)
    template = lambda *pieces: [  # noqa: E731
        {"Sequence": {"id": piece, "type_id": 0}} if piece == "A" else {"SpecialToken": {"id": piece, "type_id": 0}} for piece in pieces
    ]
    write_json(
        "tokenizer.json",
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [special(i, word) for i, word in enumerate(words) if word.startswith("[")],
            "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": template("[CLS]", "A", "[SEP]"),
                "pair": template("[CLS]", "A", "[SEP]"),
                "special_tokens": {name: {"id": name, "ids": [words.index(name)], "tokens": [name]} for name in ("[CLS]", "[SEP]")},
            },
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
            "model": {
                "type": "WordPiece",
                "unk_token": "[UNK]",
                "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": {word: i for i, word in enumerate(words)},
            },
        },
    )
    write_json(
        "tokenizer_config.json",
        {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": True,
            "model_max_length": 512,
            **{f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep")},
        },
    )
    write_json(
        "preprocessor_config.json",
        {
            "image_processor_type": "GroundingDinoImageProcessor",
            "do_normalize": True,
            "do_pad": True,
            "do_rescale": True,
            "do_resize": True,
            "image_mean": MEAN,
            "image_std": STD,
            "resample": 2,
            "rescale_factor": 1 / 255,
            "size": {"shortest_edge": 32, "longest_edge": 64},
        },
    )
    write_json("config.json", {"model_type": "grounding-dino", "num_queries": QUERIES, "max_text_len": COLUMNS})


main()
