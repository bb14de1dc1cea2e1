"""Writes the cases of this folder whose scores the official rule decides: plain Python, written from the rules' descriptions in the
public scripts (POPE evaluate.py, LLaVA eval_pope.py, MME calculation.py, lmms-eval and VLMEvalKit utilities), independent of src/.

    python packages/bench/test-fixtures/generate-choice.py

The seed is fixed: the same files come out again.
"""

import json
import random
import re
from pathlib import Path

HERE = Path(__file__).parent
FORMS = [
    "Yes", "No", "yes", "no", "yes.", "No.", "NO", "YES", "Yes, there is.", "No, there isn't.", "There is not one.", "There is none",
    "I do not know", "I know. no", "not", "Not", "No,", "no one", "nothing", "know", "none", "n", "y", "N.", "Y", "", " ", " yes", " No",
    "\nyes", "yes\nno", "No\nthe", "Yes. No.", "not sure. yes", "cannot", "can not", "yes/no", "yes-no", "(no)", '"No"', "no!", "Yes!",
    "1,000 no", "no.5", "a no.", "YES and no", "Yes, no", "no, yes", "Unknown", "maybe", "....no", "ye s", "n o", "Nope", "yeah", "eyes",
    "the noon", "  no  ", "yes\u00a0no", "no\u3000", "No\u2026", "No\t", "y.e.s", "yes?no", "a, not", "ye.s", "n.o", "An. answer",
]
WORDS = "yes no Yes No not Not NO the is there a an in image . , ! ? - know none".split(" ")


def answers(rng, count):
    made = list(FORMS)
    while len(made) < count:
        joined = "".join(rng.choice([" ", " ", "", "\n", ", ", "."]) + rng.choice(WORDS) for _ in range(rng.randint(1, 7)))
        made.append(joined)
    return made


# --- yes and no, as each toolkit reads them


def pope_official(text):
    if text.find(".") != -1:
        text = text.split(".")[0]
    words = text.replace(",", "").split(" ")
    return "no" if "No" in words or "not" in words or "no" in words else "yes"


def pope_lmms(text):
    plain = text.lower().strip()
    return plain if plain in ("yes", "no") else None


def vlmeval_words(text):
    text = text.lower()
    out = text
    for p in [";", "/", "[", "]", '"', "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!"]:
        if p + " " in text or " " + p in text or re.search(r"(\d)(,)(\d)", text) is not None:
            out = out.replace(p, "")
        else:
            out = out.replace(p, " ")
    words = re.compile(r"(?!<=\d)(\.)(?!\d)").sub("", out, 32).split()
    if ("yes" in words) != ("no" in words):
        return "yes" if "yes" in words else "no"
    return None


def mme_official(text):
    text = text.lower()
    if text in ("yes", "no"):
        return text
    return "yes" if "yes" in text[:4] else "no" if "no" in text[:4] else None


def mme_lmms(text):
    text = text.lower().strip().replace(".", "")
    if text in ("yes", "no"):
        return text
    if len(text) == 1:
        return {"y": "yes", "n": "no"}.get(text)
    return "yes" if "yes" in text[:4] else "no" if "no" in text[:4] else None


POPE = {"official": pope_official, "lmms-eval": pope_lmms, "vlmevalkit": vlmeval_words}
MME = {"official": mme_official, "lmms-eval": mme_lmms, "vlmevalkit": vlmeval_words}


def div(a, b):
    return a / b if b else 0


def pope_rates(dialect, labels, texts):
    preds = [POPE[dialect](t) for t in texts]
    pairs = list(zip(labels, preds))
    tp = pairs.count(("yes", "yes"))
    fp = pairs.count(("no", "yes"))
    fn = pairs.count(("yes", "no"))
    if dialect == "vlmevalkit":
        fn += pairs.count(("yes", None))
    precision, recall = div(tp, tp + fp), div(tp, tp + fn)
    return {
        "accuracy": sum(l == p for l, p in pairs) / len(pairs),
        "precision": precision,
        "recall": recall,
        "f1": div(2 * precision * recall, precision + recall),
        "yesRatio": (labels if dialect == "lmms-eval" else preds).count("yes") / len(pairs),
    }


def write_pope(rng):
    texts = answers(rng, 300)
    files = []
    for _ in range(60):
        n = rng.randint(1, 12)
        labels = [rng.choice(["yes", "no"]) for _ in range(n)]
        said = [rng.choice(texts) for _ in range(n)]
        files.append({"labels": labels, "answers": said, "scores": {d: pope_rates(d, labels, said) for d in POPE}})
    parsed = [{"answer": t, **{d: rule(t) for d, rule in POPE.items()}} for t in texts]
    write("pope", {"answers": parsed, "files": files})


# --- MME

PERCEPTION = "existence count position color posters celebrity scene landmark artwork OCR".split()
COGNITION = "commonsense_reasoning numerical_calculation text_translation code_reasoning".split()


def mme_task(dialect, images):
    rights = [[MME[dialect](answer) == truth for truth, answer in image] for image in images]
    acc = sum(sum(r) for r in rights) / sum(len(r) for r in rights)
    plus = sum(all(r) for r in rights) / len(rights)
    return acc * 100 + plus * 100


def write_mme(rng):
    texts = [t.replace("\n", " ").replace("\t", " ") for t in answers(rng, 300)]
    files = []
    for _ in range(20):
        tasks = {}
        for task in PERCEPTION + COGNITION:
            tasks[task] = [
                [[truth, rng.choice([truth, truth.capitalize(), rng.choice(texts)])] for truth in ("yes", "no")]
                for _ in range(rng.randint(1, 4))
            ]
        scores = {}
        for d in MME:
            each = {task: mme_task(d, images) for task, images in tasks.items()}
            scores[d] = {
                "perception": sum(each[t] for t in PERCEPTION),
                "cognition": sum(each[t] for t in COGNITION),
                "tasks": each,
            }
        files.append({"tasks": tasks, "scores": scores})
    parsed = [{"answer": t, **{d: rule(t) for d, rule in MME.items()}} for t in texts]
    write("mme", {"answers": parsed, "files": files})


def write(task, value):
    (HERE / task).mkdir(exist_ok=True)
    lines = {key: [json.dumps(each, ensure_ascii=True) for each in rows] for key, rows in value.items()}
    body = ",\n".join('"%s": [\n%s\n]' % (key, ",\n".join(rows)) for key, rows in lines.items())
    source = "generate-choice.py, the official rules written plainly in Python"
    (HERE / task / "cases.json").write_text('{\n"source": "%s",\n%s\n}\n' % (source, body))


if __name__ == "__main__":
    write_pope(random.Random(1))
    write_mme(random.Random(2))
