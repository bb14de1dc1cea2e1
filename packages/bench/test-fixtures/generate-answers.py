"""Writes the cases of this folder for the benchmarks of short answers, choices and statements: plain Python, written from the official scripts' rules
(VQA, m4c, VizWiz, GQA eval.py, A-OKVQA, ScienceQA, LLaVA, SEED-Bench, SpatialSense and lmms-eval's and VLMEvalKit's utilities), independent of src/.

    python packages/bench/test-fixtures/generate-answers.py

The seed is fixed: the same files come out again. The rules of VQA, m4c and VizWiz are in tools/vqa_rule.py.
"""

import json
import random
import re
import string
import sys
from collections import Counter, defaultdict
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "../../../tools"))
import vlmevalkit_rule as vlmevalkit  # noqa: E402
import vqa_rule as rule  # noqa: E402

CASES = 300


def save(task, cases):
    folder = HERE / task
    folder.mkdir(exist_ok=True)
    lines = ",\n".join(f'"{name}": [\n' + ",\n".join(json.dumps(each) for each in rows) + "\n]" for name, rows in cases.items())
    (folder / "cases.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")


# --- short answers

FORMS = [
    "yes", "Yes", "yes.", "no", "2", "two", "Two", "a cat", "the cat", "cat", "cats", "cat's", "cat s", "dont know", "don't know", "1,000",
    "1000", "1,,000", "3.5", "3.", ".5", "U.S.A.", "u.s.a", "t-shirt", "t shirt", "tshirt", "red/white", "red / white", "red white", "yes, it is",
    "none", "0", "", " ", "  cat ", "cat\n", "a\tb", "it's", "its", "itsn't", "10:30", "10:30 am", "stop!", "stop !", "who? me", "(left)", "left",
    "left )", "black & white", "black and white", "somebody'd", "y'allll", "'ow'sat", "ows'at", "a", "an", "the", "A the an", "one two three",
    "five, six", "5, 6", "5,6", "....", "a.b.c.d", "." * 40, "x" + "." * 33, "x." * 36, "caf\u00e9", "CAF\u00c9", "\u0130stanbul",
    "\u0663,\u0664", "1.\u0665", "\u00a0cat\u00a0dog", "cat\u2003dog", "cat\x1fdog", "cat\x85", "\ufeffcat", "`quote`", '"quoted"', "\\", "a_b", "a _b", "{x}",
    "[y] z", "x=y", "x = y", "<b>", "e@mail", "-5", "- 5", "5-6", "3+4", "3 + 4", "she's", "let's", "what's up", "whats up", "wheres",
    "where's", "oclock", "7 o'clock", "Im", "I'dve", "id've", "hed've", "twas", "10", "ten", "Unanswerable", "unanswerable", "unsuitable",
]
WORDS = "a an the cat dog two three yes no isnt youre 's . , ? ! - / ' 1,000 2.5 U.S. t-shirt red blue".split(" ")


def text(rng):
    if rng.random() < 0.6:
        return rng.choice(FORMS)
    return "".join(rng.choice([" ", " ", " ", "", "\n", "-", ", "]) + rng.choice(WORDS) for _ in range(rng.randint(1, 4)))


def people(rng, mixed):
    """Ten answers, all equal or of a few kinds, as people give them."""
    if not mixed:
        return [text(rng)] * 10
    kinds = [text(rng) for _ in range(rng.randint(1, 4))]
    return [rng.choice(kinds) for _ in range(10)]


def prediction(rng, answers):
    base = rng.choice(answers) if rng.random() < 0.8 else text(rng)
    return rng.choice([base, base, base.lower(), base.upper(), base + ".", "the " + base, base.replace(",", ""), base.strip()])


def records(answers):
    return [dict(answer=answer, answer_confidence="yes", answer_id=place + 1) for place, answer in enumerate(answers)]


def vqa_words(value):
    return rule.words(rule.punctuation(rule.one_line(value)))


def short_answers():
    rng = random.Random(1)
    texts = [
        dict(text=value, vqa=vqa_words(value), m4c=rule.m4c(value), several=rule.words(rule.punctuation(rule.one_line(value), rule.COMMA_M4C)))
        for value in FORMS + [text(rng) for _ in range(CASES)]
    ]
    rows = []
    for number in range(CASES):
        answers = people(rng, number % 4 != 0)
        said = prediction(rng, answers)
        vqav2 = {dialect: rule.vqa(records(answers), said, dialect) for dialect in ("official", "llava", "lmms-eval", "lmms-eval-0.3")}
        token = {
            "official": rule.consensus([rule.m4c(each) for each in answers], rule.m4c(said)),
            "vlmevalkit": rule.consensus([vqa_words(each) for each in answers], vqa_words(said)),
        }
        vizwiz = {
            "official": rule.consensus(answers, vqa_words(said)),
            "llava": rule.consensus(answers, vqa_words(rule.m4c(said))),
            "lmms-eval": token["official"],
            "vlmevalkit": token["vlmevalkit"],
        }
        rows.append(dict(answers=answers, prediction=said, vqav2=vqav2, textvqa=token, vizwiz=vizwiz))
    files = []
    for size in (1, 2, 3, 8, 40, 125, 400):
        chosen = [rng.choice(rows) for _ in range(size)]
        kinds = [rng.choice(["yes/no", "number", "other"]) for _ in chosen]
        of = lambda benchmark, dialect: [row[benchmark][dialect] for row in chosen]  # noqa: E731
        by_kind = lambda scores: {  # noqa: E731
            kind: rule.mean([score for score, each in zip(scores, kinds) if each == kind]) for kind in dict.fromkeys(kinds)
        }
        files.append(dict(
            rows=[rows.index(row) for row in chosen], kinds=kinds,
            vqav2={name: dict(overall=rule.mean(of("vqav2", name)), perAnswerType=by_kind(of("vqav2", name))) for name in rows[0]["vqav2"]},
            textvqa={name: dict(overall=rule.mean(of("textvqa", name))) for name in rows[0]["textvqa"]},
            vizwiz={name: dict(overall=rule.mean(of("vizwiz", name)), perAnswerType=by_kind(of("vizwiz", name))) for name in rows[0]["vizwiz"]},
        ))
    save("short-answers", dict(texts=texts, rows=rows, files=files))


def answerability():
    """scikit-learn's average precision and F1, from their definitions."""
    rng = random.Random(2)
    cases = []
    for _ in range(CASES):
        truth = [rng.randint(0, 1) for _ in range(rng.randint(2, 9))]
        if all(truth):
            truth[0] = 0
        said = [rng.choice([0, 0.25, 0.5, 0.75, 1, round(rng.random(), 2)]) for _ in truth]
        positive = [1 - each for each in truth]
        score = [1 - each for each in said]
        average, recall_before = 0.0, 0.0
        for threshold in sorted(set(score), reverse=True):
            taken = [p for p, s in zip(positive, score) if s >= threshold]
            recall = sum(taken) / sum(positive)
            average += (recall - recall_before) * (sum(taken) / len(taken))
            recall_before = recall
        hits = sum(p for p, s in zip(positive, score) if s > 0.5)
        false = sum(1 - p for p, s in zip(positive, score) if s > 0.5)
        f1 = 2 * hits / (2 * hits + false + sum(positive) - hits)
        cases.append(dict(truth=truth, said=said, averagePrecision=100 * average, f1=100 * f1))
    save("vizwiz", dict(cases=cases))


# --- GQA


def average(scores):
    return float(sum(scores)) / len(scores) if scores else None


def gqa():
    rng = random.Random(3)
    answers = ["yes", "no", "red", "blue", "table", "left", "wood"]
    cases = []
    for _ in range(CASES // 2):
        count = rng.randint(2, 6)
        ids = [f"q{place}" for place in range(count)]
        questions, choices, said = {}, {}, {}
        for qid in ids:
            kind = rng.choice(["query", "verify", "choose", "logical", "compare"])
            questions[qid] = dict(
                imageId=f"i{rng.randint(0, 2)}", question=" ".join(["is"] * rng.randint(1, 4)) + " it?", answer=rng.choice(answers),
                isBalanced=rng.random() < 0.85, types=dict(structural=kind, semantic=rng.choice(["obj", "rel", "attr"]), detailed=rng.choice(["twoCommon", "existRel", "verifyAttr"])),
                groups=dict({"global": rng.choice([None, "color", "furniture"])}), entailed=rng.sample(ids, rng.randint(0, min(3, count))),
                semantic=[dict(operation=rng.choice(["select", "query", "exist", "choose name", "relate"]), argument=rng.choice(["name", "cat", "?"]), dependencies=[]) for _ in range(rng.randint(1, 3))],
            )
            choices[qid] = dict(valid=rng.sample(answers, 3), plausible=rng.sample(answers, 2))
            truth = questions[qid]["answer"]
            said[qid] = rng.choice([truth, truth, truth.capitalize(), truth + ".", rng.choice(answers), " " + truth, "color"])
        questions[ids[0]]["isBalanced"] = True
        questions[ids[0]]["groups"]["global"] = "color"
        strip = lambda value: value.lower().translate(str.maketrans("", "", string.punctuation))  # noqa: E731
        readers = {
            "official": (lambda value: value, lambda value: value),
            "llava": (lambda value: value.rstrip(".").lower(), lambda value: value),
            "lmms-eval": (strip, strip),
            "vlmevalkit": (lambda value: value.strip().lower(),) * 2,
        }
        cases.append(dict(questions=questions, choices=choices, said=said, scores={
            name: gqa_scores({q: {**row, "answer": read_truth(row["answer"])} for q, row in questions.items()}, choices, {q: read(value) for q, value in said.items()})
            for name, (read, read_truth) in readers.items()
        }))
    save("gqa", dict(cases=cases))


def gqa_scores(questions, choices, said):
    scores = defaultdict(list)
    parts = defaultdict(lambda: defaultdict(list))
    gold, predicted = defaultdict(Counter), defaultdict(Counter)
    for qid, question in questions.items():
        if not question["isBalanced"]:
            continue
        right = float(said[qid] == question["answer"])
        scores["accuracy"].append(right)
        scores["open" if question["types"]["structural"] == "query" else "binary"].append(right)
        parts["perStructuralType"][question["types"]["structural"]].append(right)
        parts["perSemanticType"][question["types"]["semantic"]].append(right)
        parts["perLength"][str(len(question["question"].split()))].append(right)
        steps = [step for step in question["semantic"] if not any(no in f'{step["operation"]}: {step["argument"]}' for no in ["exist", "query: name", "choose name"])]
        parts["perSteps"][str(len(steps))].append(right)
        for metric, group in (("validity", "valid"), ("plausibility", "plausible")):
            belonging = ["color", "material", "shape"] if "Common" in question["types"]["detailed"] else choices[qid][group]
            scores[metric].append(float(said[qid] in belonging))
        if question["groups"]["global"] is not None:
            gold[question["groups"]["global"]][question["answer"]] += 1
            predicted[question["groups"]["global"]][said[qid]] += 1
        entailed = [eid for eid in question["entailed"] if eid != qid]
        if right and entailed:
            scores["consistency"].append(average([float(said[eid] == questions[eid]["answer"]) for eid in entailed]))
    total, weight = 0, 0
    for group, counts in gold.items():
        score = sum((predicted[group].get(answer, 0) - expected) ** 2 / expected for answer, expected in counts.items())
        total += score * sum(counts.values())
        weight += sum(counts.values())
    balanced_entail = any(question["entailed"] for question in questions.values() if question["isBalanced"])
    names = ["accuracy", "binary", "open", "validity", "plausibility"] + (["consistency"] if balanced_entail else [])
    result = {name: None if average(scores[name]) is None else 100 * average(scores[name]) for name in names}
    result["distribution"] = total / weight / 100
    for part, groups in parts.items():
        result[part] = {name: 100 * average(each) for name, each in groups.items()}
    return result


# --- choices

CHOICE_FORMS = [
    "A", "B", "C", "D", "E", "F", "A.", "B. cat", "C.cat", "A)", "(A)", "b", " A", "A ", "A. ", "The answer is B.", "The answer is B", "The answer is C\n", "the answer is A.",
    "The answer is A. The answer is B.", "So. The answer is D.", "The answer is Z.", "The answer is E.", "A\nB", "A.\n", "D. x The answer is B.", "AB. x", "", "none", "The answer is \u00c9.",
]


def llava_index(value, count):
    options = ["A", "B", "C", "D", "E"]
    if value in options:
        answer = value
    elif len(value) >= 3 and value[0] in options and value[1:3] == ". ":
        answer = value[0]
    else:
        found = re.compile(r"The answer is ([A-Z]).").findall(value)
        answer = found[0] if len(found) == 1 else "FAILED"
    return options.index(answer) if answer in options[:count] else -1


def scienceqa():
    rng = random.Random(4)
    cases = []
    for _ in range(CASES):
        problems, texts, indices = {}, {}, {}
        for place in range(rng.randint(2, 6)):
            count = rng.randint(2, 5)
            problems[str(place)] = dict(
                question="?", choices=rng.sample(["cat", "dog", "Red", "a red cat", "12"], count), answer=rng.randrange(count), hint=rng.choice(["", "see"]), image=rng.choice([None, "image.png"]),
                grade=f"grade{rng.randint(1, 12)}", subject=rng.choice(["natural science", "social science", "language science"]), split="test",
            )
            right = problems[str(place)]["answer"]
            texts[str(place)] = rng.choice([rng.choice(CHOICE_FORMS), "ABCDE"[right], "ABCDE"[right] + ". so", f" It is a {rng.choice(problems[str(place)]['choices'])} "])
            indices[str(place)] = rng.choice([right, right, rng.randint(-1, 5)])
        scores = {}
        for dialect, read in (("official", lambda key: indices[key]), ("llava", lambda key: llava_index(texts[key], len(problems[key]["choices"])))):
            scores[dialect] = sqa_scores(problems, {key: read(key) == row["answer"] for key, row in problems.items()})
        scores["lmms-eval"] = sqa_scores(problems, {key: sqa_lmms(texts[key], "ABCDE"[row["answer"]]) for key, row in problems.items()})
        inferred = {key: vlmevalkit.infer_alone(texts[key], dict(zip("ABCDE", row["choices"]))) for key, row in problems.items()}
        scores["vlmevalkit"] = sqa_scores(problems, {key: inferred[key] == "ABCDE"[row["answer"]] for key, row in problems.items()})
        cases.append(dict(problems=problems, texts=texts, indices=indices, scores=scores))
    save("scienceqa", dict(cases=cases))


def sqa_lmms(value, target):
    if value == target:
        return True
    return len(value) >= 2 and value[0].isupper() and value[1] == "." and value[0] == target


def two_places(rights):
    return float("{:.2f}".format(sum(rights) / len(rights) * 100)) if rights else None


def sqa_scores(problems, right):
    columns = {
        "natural science": lambda row: row["subject"] == "natural science", "social science": lambda row: row["subject"] == "social science",
        "language science": lambda row: row["subject"] == "language science", "text context": lambda row: bool(row["hint"]), "image context": lambda row: bool(row["image"]),
        "no context": lambda row: not row["hint"] and not row["image"], "grades 1-6": lambda row: int(row["grade"][5:]) <= 6, "grades 7-12": lambda row: int(row["grade"][5:]) > 6,
    }
    result = {name: two_places([right[key] for key, row in problems.items() if test(row)]) for name, test in columns.items()}
    return dict(accuracy=two_places(list(right.values())), imageAccuracy=result["image context"], byCategory={name: value for name, value in result.items() if value is not None})


def aokvqa():
    rng = random.Random(5)
    cases = []
    for _ in range(CASES):
        rows, said = [], {}
        for place in range(rng.randint(1, 5)):
            choices = rng.sample(["cab", "train", "bus", "Cab", "a cab", "taxi"], 4)
            rows.append(dict(
                question_id=f"k{place}", image_id=rng.randint(1, 3), question="?", choices=choices, correct_choice_idx=rng.randrange(4),
                direct_answers=[rng.choice(["cab", "cab", "taxi", "Cab", "ride"]) for _ in range(10)], difficult_direct_answer=rng.random() < 0.2,
            ))
            said[f"k{place}"] = dict(
                multiple_choice=rng.choice([choices[rows[-1]["correct_choice_idx"]], rng.choice(choices), rng.choice(["A", "B", "C. x", "The answer is D.", "cab.", "", "It is the train", "\nD) bus\n", "A or B"])]),
                direct_answer=rng.choice(["cab", "taxi", "Cab", "ride", "bus", "cab "]),
            )
        asked = [row for row in rows if row["difficult_direct_answer"] is False]
        direct = [min(1.0, sum(said[row["question_id"]]["direct_answer"] == each for each in row["direct_answers"]) / 3.0) for row in asked]
        scores = {}
        for dialect in ("official", "llava", "vlmevalkit"):
            chosen = [
                float(choice_text(said[row["question_id"]]["multiple_choice"], row["choices"], dialect) == row["choices"][row["correct_choice_idx"]]) for row in rows
            ]
            scores[dialect] = dict(multipleChoice=100 * average(chosen), **({"directAnswer": 100 * average(direct)} if direct else {}))
        cases.append(dict(rows=rows, said=said, scores=scores))
    save("aokvqa", dict(cases=cases))


def choice_text(value, choices, dialect):
    if dialect == "vlmevalkit":
        return dict(zip("ABCD", choices)).get(vlmevalkit.infer_alone(value, dict(zip("ABCD", choices))))
    if dialect == "official" or value in choices:
        return value
    index = llava_index(value, len(choices))
    return choices[index] if index >= 0 else value


def seed():
    rng = random.Random(6)
    names = {"Scene Understanding": 1, "Spatial Relation": 6, "Action Recognition": 10}
    cases = []
    for _ in range(CASES):
        rows, said = [], []
        for place in range(rng.randint(1, 7)):
            name = rng.choice(list(names))
            rows.append(dict(
                question_id=1000 + place, question="?", answer=rng.choice("ABCD"), choice_a="One", choice_b="two", choice_c="A red bird", choice_d="bird",
                data_id=f"d{rng.randint(0, 2)}", data_type="video" if names[name] == 10 else "image", question_type_id=names[name],
            ))
            said.append(dict(question_id=1000 + place, prediction=rng.choice([rows[-1]["answer"], rng.choice("ABCD"), rows[-1]["answer"] + ".", " " + rows[-1]["answer"], "a", "", "Bird", "There are two of it.", "one.", "(C) A red bird", "Z"])))
        options = dict(A="One", B="two", C="A red bird", D="bird")
        readers = {"official": lambda value: value, "lmms-eval": lambda value: value.strip()[:1], "vlmevalkit": lambda value: vlmevalkit.infer_alone(value, options)}
        scores = {}
        for dialect, read in readers.items():
            right = [read(answer["prediction"]) == row["answer"] for row, answer in zip(rows, said)]
            of = lambda test: two_places([each for each, row in zip(right, rows) if test(row)])  # noqa: E731
            scores[dialect] = {name: value for name, value in dict(
                accuracy=two_places(right), imageAccuracy=of(lambda row: row["data_type"] == "image"), videoAccuracy=of(lambda row: row["data_type"] == "video"),
                perType={name: of(lambda row: row["question_type_id"] == number) for name, number in names.items() if number in [row["question_type_id"] for row in rows]},
            ).items() if value is not None}
        cases.append(dict(truth=dict(questions=rows, question_type=names), said=said, scores=scores))
    save("seed", dict(cases=cases))


# --- statements


def statements():
    rng = random.Random(7)
    predicates = ["above", "behind", "in", "in front of", "next to", "on", "to the left of", "to the right of", "under"]
    words = [("yes", True), ("No.", False), ("Yes, it is", True), ("no it is not", False), ("True", True), ("false", False), ("maybe", None), ("", None), ("yesterday", None), ("nothing", None)]
    cases = []
    for _ in range(CASES):
        images, said, right = [], [], defaultdict(list)
        for image in range(rng.randint(1, 3)):
            split = rng.choice(["test", "test", "valid"]) if image else "test"
            annotations = []
            for place in range(rng.randint(1, 3)):
                row = dict(_id=f"{image}-{place}", predicate=rng.choice(predicates), label=rng.random() < 0.5, subject=dict(name="cat"), object=dict(name="mat"))
                annotations.append(row)
                if split != "test":
                    continue
                if rng.random() < 0.5:
                    logit = rng.choice([0, 0.0, -0.1, 0.1, 5, -5, round(rng.gauss(0, 1), 3)])
                    verdict, given = logit > 0.0, logit
                else:
                    given, verdict = rng.choice(words)
                said.append(dict(_id=row["_id"], prediction=given))
                right["overall"].append(verdict == row["label"])
                right[row["predicate"]].append(verdict == row["label"])
            images.append(dict(url=f"https://example.org/{image}.jpg", split=split, width=9, height=9, annotations=annotations))
        scores = {name: 100.0 * sum(each) / len(each) for name, each in right.items()}
        cases.append(dict(images=images, said=said, accuracy=scores.pop("overall"), perPredicate=scores))
    save("spatialsense", dict(cases=cases))


def fvqa():
    rng = random.Random(8)
    answers = ["cat", "dog", "umbrella", "hot dog", "Banana"]
    cases = []
    for _ in range(CASES):
        truth, said, ranks = {}, {}, []
        for place in range(rng.randint(1, 6)):
            truth[f"f{place}"] = dict(question_id=f"f{place}", img_file=f"a/{rng.randint(0, 2)}.jpg", question="?", answer=rng.choice(answers), kb_source=rng.choice(["conceptnet", "dbpedia"]))
            said[f"f{place}"] = [rng.choice([each, each.upper(), " " + each]) for each in rng.sample(answers, rng.randint(1, 5))]
            ranked = [each.strip().lower() for each in said[f"f{place}"]]
            wanted = truth[f"f{place}"]["answer"].lower()
            ranks.append(ranked.index(wanted) + 1 if wanted in ranked else None)
        count = len(ranks)
        cases.append(dict(truth=truth, said=said, top1=100 * sum(rank == 1 for rank in ranks) / count, top3=100 * sum(rank is not None and rank <= 3 for rank in ranks) / count,
                          meanReciprocalRank=sum(0 if rank is None else 1 / rank for rank in ranks) / count))
    save("fvqa", dict(cases=cases))


def gvqa():
    rng = random.Random(9)
    cases = []

    def box():
        x, y = rng.randint(0, 6), rng.randint(0, 6)
        return [x, y, x + rng.randint(1, 4), y + rng.randint(1, 4)]

    def overlap(a, b):
        w = max(0, min(a[2], b[2]) - max(a[0], b[0]))
        h = max(0, min(a[3], b[3]) - max(a[1], b[1]))
        area = lambda c: (c[2] - c[0]) * (c[3] - c[1])  # noqa: E731
        return w * h / (area(a) + area(b) - w * h)

    for _ in range(CASES):
        truth, said, found, right = [], [], [], []
        for place in range(rng.randint(1, 6)):
            boxes = [box() for _ in range(rng.randint(0, 2))]
            truth.append(dict(id=f"g{place}", image=f"{rng.randint(0, 2)}.jpg", question="?", answer=rng.choice(["cat", "two dogs", "red"]), boxes=boxes))
            given = rng.choice([*boxes, [each + rng.choice([0, 0, 1]) for each in boxes[0]] if boxes else box(), box()])
            answer = rng.choice([truth[-1]["answer"], "the " + truth[-1]["answer"] + ".", "2 dogs", "blue"])
            said.append(dict(id=f"g{place}", answer=answer, box=given))
            right.append(vqa_words(answer) == vqa_words(truth[-1]["answer"]))
            if boxes:
                found.append((any(overlap(given, each) >= 0.5 for each in boxes), right[-1]))
        rate = lambda each: 100 * sum(each) / len(each) if each else None  # noqa: E731
        cases.append(dict(truth=truth, said=said, answerAccuracy=rate(right), precisionAt50=rate([hit for hit, _ in found]), bothRight=rate([hit and well for hit, well in found])))
    save("gvqa", dict(cases=cases))


for write in (short_answers, answerability, gqa, scienceqa, aokvqa, seed, statements, fvqa, gvqa):
    write()
