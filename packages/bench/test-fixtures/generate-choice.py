"""Writes the cases of this folder whose scores the official rule decides: plain Python, written from the rules' descriptions in the
public scripts (POPE evaluate.py, LLaVA eval_pope.py, MME calculation.py, lmms-eval and VLMEvalKit utilities), independent of src/.

    python packages/bench/test-fixtures/generate-choice.py

The seed is fixed: the same files come out again.
"""

import json
import random
import re
from pathlib import Path

import vlmevalkit_rule as vlmevalkit

HERE = Path(__file__).parent
FORMS = [
    "Yes", "No", "yes", "no", "yes.", "No.", "NO", "YES", "Yes, there is.", "No, there isn't.", "There is not one.", "There is none",
    "I do not know", "I know. no", "not", "Not", "No,", "no one", "nothing", "know", "none", "n", "y", "N.", "Y", "", " ", " yes", " No",
    "\nyes", "yes\nno", "No\nthe", "Yes. No.", "not sure. yes", "cannot", "can not", "yes/no", "yes-no", "(no)", '"No"', "no!", "Yes!",
    "1,000 no", "no.5", "a no.", "YES and no", "Yes, no", "no, yes", "Unknown", "maybe", "....no", "ye s", "n o", "Nope", "yeah", "eyes",
    "the noon", "  no  ", "yes\u00a0no", "no\u3000", "No\u2026", "No\t", "y.e.s", "yes?no", "a, not", "ye.s", "n.o", "An. answer",
    "." * 32 + "yes", "." * 33 + "yes",
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


# --- judged: MM-Vet and MMHal-Bench

REPLIES = ["0.5", "1.0", "0", "1", "1.", ".5", "0.3 because", "0.7\n", "\n0.4", " 0.4", "1.1", "-0.1", "-0", "+0.5", "1e-1", "0,5", "0.5.", "half", "", "Score: 1", "0.9|", "0.6\tfine", "0.25", "10", "1.0000001"]
RATINGS = ["Rating: 3", "rating: 0", "Rating: 6, very informative", "RATING: 5", "Rating:4", "Rating : 2", "Rating: 2 or Rating: 3", "Rating: 1. Rating: 1", "rating: 7", "Rating: 10", "no rating", "", "**Rating: 4**", "Rating: [5]", "Rating:  5", "rating: 3.5"]
CAPABILITIES = ["rec", "ocr", "know", "gen", "spat", "math"]


def mm_vet_score(reply):
    try:
        score = float(reply.split(" ")[0].strip())
    except ValueError:
        return None
    return score if 0.0 <= score <= 1.0 else None


def mmhal_rating(reply):
    found = [s for s in range(7) if f"rating: {s}" in reply.lower()]
    return found[0] if len(found) == 1 else None


def write_mm_vet(rng):
    replies = list(REPLIES)
    while len(replies) < 250:
        replies.append(rng.choice(["", " ", "\n"]) + rng.choice(["%.1f" % rng.random(), "%.3f" % (2 * rng.random()), "%d" % rng.randint(-1, 2), "x%d" % rng.randint(0, 3)]) + rng.choice(["", " ", ".", "\n", " out of 1"]))
    files = []
    for _ in range(40):
        rows = [{"capability": rng.sample(CAPABILITIES, rng.randint(1, 3)), "reply": rng.choice(replies)} for _ in range(rng.randint(1, 15))]
        sums, counts = {"total": 0.0}, {"total": 0}
        for row in rows:
            score = mm_vet_score(row["reply"]) or 0.0
            for key in ["total", *sorted(set(row["capability"]))]:
                sums[key] = sums.get(key, 0.0) + score
                counts[key] = counts.get(key, 0) + 1
        files.append({"rows": rows, "scores": {key: sums[key] / counts[key] * 100 for key in sums}})
    write("mm-vet", {"replies": [{"reply": r, "score": mm_vet_score(r)} for r in replies], "files": files})


def write_mmhal(rng):
    replies = list(RATINGS)
    while len(replies) < 250:
        replies.append("".join(rng.choice(["Rating: ", "rating: ", "Rating:", "rated ", "\n", " so ", ", "]) + str(rng.randint(0, 8)) for _ in range(rng.randint(1, 3))))
    types = "attribute adversarial comparison counting relation environment holistic other".split()
    files = []
    for _ in range(40):
        said = [rng.choice(replies) for _ in range(rng.randint(1, 40))]
        scores = [mmhal_rating(r) or 0 for r in said]
        each = {types[t]: scores[t::8] for t in range(min(8, len(scores)))}
        files.append({
            "replies": said,
            "score": sum(scores) / len(scores),
            "hallucinationRate": sum(s < 3 for s in scores) / len(scores),
            "types": {name: sum(own) / len(own) for name, own in each.items()},
        })
    write("mmhal-bench", {"replies": [{"reply": r, "rating": mmhal_rating(r)} for r in replies], "files": files})


# --- MMBench

OPTIONS = ["cat", "a dog", "Red", "red apple", "12", "The tall man on the left", "none", "yes", "A big house", "Blue"]


def option_lmms(answer):
    if "Failed to obtain answer via API" in answer:
        return None
    words = answer.split()
    found = [c for c in "ABCDE" if c in words]
    if len(found) == 1 and not ("A" in words and len(words) > 3):
        return found[0]
    for before, after in [("", "."), ("", ","), ("", ":"), ("", ")"), ("", ")."), ("(", ")"), ("(", ")."), (":", ""), (":", ","), (":", "."), (":", ")"), (":", ").")]:
        found = [c for c in "ABCDE" if before + c + after in words]
        if len(found) == 1:
            return found[0]
    return None


def text_lmms(answer, choices):
    found = [k for k, v in choices.items() if v.lower() in answer.lower()]
    return found[0] if len(found) == 1 else None


MMBENCH = {
    "official": vlmevalkit.infer,
    "lmms-eval": lambda a, c: option_lmms(a) or text_lmms(a, c),
}


def mmbench_answer(rng, choices):
    letter, option = rng.choice("ABCDEZ"), rng.choice(list(choices.values()) + OPTIONS)
    return rng.choice([
        letter, letter + ".", "(%s)" % letter, "%s. %s" % (letter, option), "The answer is %s." % letter, option, option.upper(),
        "It is %s, I think" % option, "A %s is in the picture here" % option, "%s or %s" % (letter, rng.choice("ABCD")), "**%s**" % letter,
        "[%s]" % letter, ":%s" % letter, "%s)" % letter, letter.lower(), "", "Sorry, I can't help with images of people yet.",
        "The correct one of these is %s since it shows %s and all of the others do not do so at all" % (letter, option),
        "Correct answer is **%s** because the picture shows a thing of that kind" % letter, "the answer is %s" % option, "The Answer  is %s or %s for what I can see of it" % (letter, rng.choice("ABCD")),
        "Cannot determine the answer", "#%s#" % letter, "{%s}" % letter, "Option %s: %s" % (letter, option), "%s %s" % (letter, letter),
    ])


def rotations(options):
    return [options[i:] + options[:i] for i in range(len(options))]


def write_mmbench(rng):
    answers = []
    for _ in range(400):
        choices = dict(zip("ABCD", rng.sample(OPTIONS, rng.randint(2, 4))))
        said = mmbench_answer(rng, choices)
        answers.append({"choices": choices, "answer": said, **{d: rule(said, choices) for d, rule in MMBENCH.items()}})
    files = []
    for _ in range(40):
        rows, circular, vanilla = [], {d: [] for d in MMBENCH}, {d: [] for d in MMBENCH}
        for index in range(1, rng.randint(2, 8)):
            options = rng.sample(OPTIONS, rng.randint(2, 4))
            right = options[rng.randrange(len(options))]
            hits = {d: [] for d in MMBENCH}
            for turn, turned in enumerate(rotations(options)):
                choices = dict(zip("ABCD", turned))
                truth = "ABCD"[turned.index(right)]
                said = truth if rng.random() < 0.8 else mmbench_answer(rng, choices)
                rows.append({"index": index + turn * 1000000, "choices": choices, "answer": truth, "prediction": said})
                for d, rule in MMBENCH.items():
                    hits[d].append(rule(said, choices) == truth)
            for d in MMBENCH:
                circular[d].append(all(hits[d]))
                vanilla[d].append(hits[d][0])
        files.append({"rows": rows, "scores": {d: {"circular": sum(circular[d]) / len(circular[d]), "vanilla": sum(vanilla[d]) / len(vanilla[d])} for d in MMBENCH}})
    write("mmbench", {"answers": answers, "files": files})


# --- pairs: Winoground and SugarCrepe


def write_pairs(rng):
    sets = []
    for _ in range(60):
        rows = [{"id": i, **{"c%d_i%d" % (c, v): round(rng.random(), 1) for c in (0, 1) for v in (0, 1)}} for i in range(rng.randint(1, 12))]
        text = [r["c0_i0"] > r["c1_i0"] and r["c1_i1"] > r["c0_i1"] for r in rows]
        image = [r["c0_i0"] > r["c0_i1"] and r["c1_i1"] > r["c1_i0"] for r in rows]
        sets.append({"rows": rows, "scores": {
            "text": sum(text) / len(rows), "image": sum(image) / len(rows), "group": sum(t and i for t, i in zip(text, image)) / len(rows),
        }})
    write("winoground", {"sets": sets})
    sets = []
    for _ in range(60):
        types = {t: [[round(rng.random(), 1), round(rng.random(), 1)] for _ in range(rng.randint(1, 8))] for t in rng.sample(["add_att", "add_obj", "replace_att", "replace_obj", "replace_rel", "swap_att", "swap_obj"], rng.randint(1, 7))}
        right = {t: [p > n for p, n in rows] for t, rows in types.items()}
        each = {t: sum(r) / len(r) for t, r in right.items()}
        sets.append({"types": types, "each": each, "scores": {
            "accuracy": sum(sum(r) for r in right.values()) / sum(len(r) for r in right.values()), "meanOfTypes": sum(each.values()) / len(each),
        }})
    write("sugarcrepe", {"sets": sets})


# --- AMBER's yes/no questions

AMBER = ["discriminative-hallucination", "discriminative-attribute-state", "discriminative-attribute-number", "discriminative-attribute-action", "discriminative-relation"]


def amber_scores(rows, guard):
    n, no, said = 0.001, 0.001, 0.001
    right = hits = hits_said = 0
    for _, truth, response in rows:
        n += 1
        if truth == "yes":
            right += response == "Yes"
        else:
            no += 1
            if response == "No":
                right += 1
                hits += 1
        if response == "No":
            said += 1
            hits_said += truth == "no"
    precision, recall = round(hits_said / said * 100, 1), round(hits / no * 100, 1)
    f1 = round(2 * (precision / 100) * (recall / 100) / ((precision / 100) + (recall / 100) + guard) * 100, 1)
    return {"accuracy": round(right / n * 100, 1), "precision": precision, "recall": recall, "f1": f1}


def write_amber(rng):
    sets = []
    for _ in range(60):
        rows = [[rng.choice(AMBER), rng.choice(["yes", "no"]), rng.choice(["Yes", "No", "Yes", "No", "yes", "No."])] for _ in range(rng.randint(1, 60))]
        existence = [r for r in rows if r[0] == AMBER[0]]
        attribute = [r for r in rows if "attribute" in r[0]]
        sets.append({
            "rows": rows,
            "all": amber_scores(rows, 0.0001),
            "existence": amber_scores(existence, 0.001) if existence else None,
            "attribute": amber_scores(attribute, 0.0001) if attribute else None,
        })
    write("amber", {"sets": sets})


def write(task, value):
    (HERE / task).mkdir(exist_ok=True)
    lines = {key: [json.dumps(each, ensure_ascii=True) for each in rows] for key, rows in value.items()}
    body = ",\n".join('"%s": [\n%s\n]' % (key, ",\n".join(rows)) for key, rows in lines.items())
    source = "generate-choice.py, the official rules written plainly in Python"
    (HERE / task / "cases.json").write_text('{\n"source": "%s",\n%s\n}\n' % (source, body))


if __name__ == "__main__":
    write_pope(random.Random(1))
    write_mme(random.Random(2))
    write_mm_vet(random.Random(3))
    write_mmhal(random.Random(4))
    write_mmbench(random.Random(5))
    write_pairs(random.Random(6))
    write_amber(random.Random(7))
