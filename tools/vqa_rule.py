"""The scoring rules of VQA, TextVQA (m4c) and VizWiz, written anew in plain Python in the shape of the official scripts: what the golden cases
of packages/bench are computed by, and what tools/bench-vqav2.mjs measures against.

As a command: python tools/vqa_rule.py QUESTIONS ANNOTATIONS RESULTS prints the scores of VQA as JSON, with seconds and peak memory.
"""

import json
import os
import re
import resource
import sys
import time

TABLE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../packages/bench/src/tasks/short-answers/contractions.ts"
)
# The table is data, not a rule: both sides take it from one place.
CONTRACTIONS = dict(re.findall(r"(?<=[\s`])(['a-z]+)=(['a-z]+)(?=[\s`])", open(TABLE, encoding="utf-8").read()))
assert len(CONTRACTIONS) == 114, len(CONTRACTIONS)
NUMBERS = dict(
    none="0", zero="0", one="1", two="2", three="3", four="4", five="5", six="6", seven="7", eight="8", nine="9", ten="10"
)
ARTICLES = ["a", "an", "the"]
MARKS = [";", "/", "[", "]", '"', "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!"]
PERIOD = re.compile(r"(?!<=\d)(\.)(?!\d)")
COMMA_VQA = re.compile(r"(\d)(\,)(\d)")
COMMA_M4C = re.compile(r"(?<=\d)(\,)+(?=\d)")


def punctuation(text, comma=COMMA_VQA):
    out = text
    for mark in MARKS:
        if (mark + " " in text or " " + mark in text) or re.search(comma, text) is not None:
            out = out.replace(mark, "")
        else:
            out = out.replace(mark, " ")
    # The third parameter is a count: the official scripts put re.UNICODE there.
    return PERIOD.sub("", out, int(re.UNICODE))


def words(text):
    kept = [NUMBERS.get(word, word) for word in text.lower().split()]
    kept = [word for word in kept if word not in ARTICLES]
    return " ".join(CONTRACTIONS.get(word, word) for word in kept)


def one_line(text):
    return text.replace("\n", " ").replace("\t", " ").strip()


def m4c(text):
    text = text.lower().replace(",", "").replace("?", "").replace("'s", " 's").strip()
    return words(punctuation(one_line(text), COMMA_M4C))


def consensus(answers, prediction):
    """Mean over the answers of min(1, matches among the others / 3)."""
    scores = []
    for left_out in range(len(answers)):
        others = [answer for at, answer in enumerate(answers) if at != left_out]
        matching = [answer for answer in others if answer == prediction]
        scores.append(min(1, float(len(matching)) / 3))
    return float(sum(scores)) / len(scores)


def vqa(records, prediction, dialect="official"):
    """Score of a prediction against records {answer, answer_id, answer_confidence}; the records are changed, as in the official script."""
    comma = COMMA_M4C if dialect.startswith("lmms-eval") else COMMA_VQA
    for record in records:
        record["answer"] = one_line(record["answer"])
    prediction = one_line(m4c(prediction) if dialect in ("llava", "lmms-eval-0.3") else prediction)
    if dialect == "lmms-eval" or len({record["answer"] for record in records}) > 1:
        for record in records:
            record["answer"] = words(punctuation(record["answer"], comma))
        prediction = words(punctuation(prediction, comma))
    scores = []
    for left_out in records:
        others = [record for record in records if record != left_out]
        matching = [record for record in others if record["answer"] == prediction]
        scores.append(min(1, float(len(matching)) / 3))
    return float(sum(scores)) / len(scores)


def mean(scores):
    return round(100 * float(sum(scores)) / len(scores), 2)


def evaluate(questions, annotations, results):
    """The whole of VQA's evaluation on three files."""
    with open(annotations) as file:
        truth = json.load(file)
    with open(questions) as file:
        asked = json.load(file)
    by_id = {row["question_id"]: row for row in truth["annotations"]}
    question_by_id = {row["question_id"]: row for row in asked["questions"]}
    with open(results) as file:
        answers = {row["question_id"]: row for row in json.load(file)}
    assert set(answers) == set(by_id) == set(question_by_id)
    overall, answer_types, question_types = [], {}, {}
    for question_id, row in answers.items():
        record = by_id[question_id]
        score = vqa(record["answers"], row["answer"])
        overall.append(score)
        answer_types.setdefault(record["answer_type"], []).append(score)
        question_types.setdefault(record["question_type"], []).append(score)
    return {
        "overall": mean(overall),
        "perAnswerType": {name: mean(scores) for name, scores in answer_types.items()},
        "perQuestionType": {name: mean(scores) for name, scores in question_types.items()},
    }


if __name__ == "__main__":
    begin, used = time.perf_counter(), time.process_time()
    scores = evaluate(*sys.argv[1:4])
    seconds = time.perf_counter() - begin
    processor = time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"scores": scores, "seconds": seconds, "processor": processor, "peakMegabytes": peak}))
