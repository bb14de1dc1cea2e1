"""VLMEvalKit's matching of an answer with lettered options, in plain Python from what its `vlmeval/utils/matching_util.py` does; independent of src/."""

import re

REJECTED = ["Sorry, I can't help with images of people yet.", "I can't process this file.", "I'm sorry, but without the image provided", "Cannot determine the answer"]
SAID = re.compile(r"answer\s+is\s+\**([A-D])\**", re.IGNORECASE)


def letter_of(answer, options):
    if "Failed to obtain answer via API" in answer:
        return None
    if any(text in answer for text in REJECTED):
        return "Z"
    words = "".join(" " if mark in ".()[],:;!*#{}" else mark for mark in answer).split()
    found = [letter for letter in options if letter in words]
    if len(found) == 1 and len(words) - words.index(found[0]) < 5:
        return found[0]
    if not found and "Z" in words:
        return "Z"
    said = SAID.search(answer)
    return said.group(1).upper() if said and said.group(1).upper() in options else None


def text_of(answer, options):
    answer = answer.lower()
    if len(answer) > 2 * sum(len(text) for text in options.values()):
        return None
    found = [letter for letter, text in options.items() if text.lower() in answer]
    return found[0] if len(found) == 1 else None


def infer(answer, options):
    """The option's letter, Z for one that says it is none, None where nothing tells."""
    return letter_of(answer, options) or text_of(answer, options)


def infer_alone(answer, options):
    """As of a question that is asked once: the answer without the white space around it."""
    return infer(answer.strip(), options)
