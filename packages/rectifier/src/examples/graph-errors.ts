import {
  contraryValues,
  type Issue,
  type PhotoAttribute,
  type PhotoEdge,
  type PhotoFacts,
  type PhotoGraph,
  type PhotoObject,
  type Random,
} from '@fgam/data';
import { reviseFeedback } from '../feedback/format-feedback.js';
import { absentNames } from './absent-names.js';
import type { InjectedError } from './inject-errors.js';

/** Relations that one description has at most. */
const MOST = 4;

/** A scene graph in words, and the same with an error of a known kind. */
export interface GraphText {
  readonly answer: string;
  readonly errors: readonly InjectedError[];
}

/**
 * Some of a scene graph's relations as sentences (`The white keyboard is in front of the monitor.`), and each
 * of the texts that differs from them in one thing: `relation`, the opposite one; `attribute`, a value that
 * excludes the one annotated and that no text of the image has for a thing of the name; `object`, a name that
 * neither regions nor texts of the image have. Undefined for a graph without relations.
 */
export function graphErrors(
  { edges, facts }: PhotoGraph,
  { names, random }: { readonly names: readonly string[]; readonly random: Random },
): GraphText | undefined {
  const chosen = random.shuffle(edges).slice(0, MOST);
  if (chosen.length === 0) return undefined;
  const sentences = chosen.map((edge) => sentenceOf(edge));
  const absent = absentNames(facts, names);
  const errors = chosen.flatMap((edge, at) => {
    const correction = sentences[at] ?? '';
    const issues = [
      { kind: 'relation', claim: sentenceOf({ ...edge, phrase: edge.opposite }) } as const,
      ...attributeErrors(edge, facts).map((claim) => ({ kind: 'attribute', claim }) as const),
      ...absent.flatMap((name) => {
        const other = { ...edge.object, name, attributes: new Map() };
        return [{ kind: 'object', claim: sentenceOf({ ...edge, object: other }) } as const];
      }),
    ];
    return issues.map(({ kind, claim }): InjectedError => {
      const issue: Issue = {
        ...{ kind, claim, correction },
        evidence: { boxes: [edge.subject.region.box, edge.object.region.box], score: 1 },
      };
      const response = join(sentences.map((sentence, i) => (i === at ? claim : sentence)));
      return { response, feedback: reviseFeedback([issue], { response }) };
    });
  });
  return { answer: join(sentences), errors };
}

function sentenceOf({ subject, phrase, object }: Pick<PhotoEdge, 'subject' | 'phrase' | 'object'>): string {
  return `the ${wordsOf(subject)} is ${phrase} the ${wordsOf(object)}`;
}

/** `The red car is behind the dog. The dog ...` */
function join(sentences: readonly string[]): string {
  return sentences.map((sentence) => `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`).join(' ');
}

/** The first attribute that one value is given of. */
function attributeOf({ attributes }: PhotoObject): readonly [PhotoAttribute, string] | undefined {
  for (const [attribute, [value, ...more]] of attributes)
    if (value !== undefined && more.length === 0) return [attribute, value];
  return undefined;
}

function wordsOf(thing: PhotoObject): string {
  const found = attributeOf(thing);
  return found === undefined ? thing.name : `${found[1]} ${thing.name}`;
}

function attributeErrors(edge: PhotoEdge, { said }: PhotoFacts): string[] {
  return (['subject', 'object'] as const).flatMap((end) => {
    const thing = edge[end];
    const [attribute, value] = attributeOf(thing) ?? [];
    if (attribute === undefined || value === undefined) return [];
    return contraryValues(attribute, [value])
      .filter((other) => !said.includes(` ${other} ${thing.name} `))
      .map((other) =>
        sentenceOf({ ...edge, [end]: { ...thing, attributes: new Map([[attribute, [other]]]) } }),
      );
  });
}
