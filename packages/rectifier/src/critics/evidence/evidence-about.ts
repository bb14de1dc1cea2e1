import { type BoxUnit, formatLocation } from '@fgam/data';
import { locationOfBox } from '../../claims/locations.js';
import { parseNounPhrase, plainText } from '../../claims/noun-phrase.js';
import { type Ontology, SCENE_ONTOLOGY } from '../../claims/ontology.js';
import { centreDistance } from '../centre-distance.js';
import type { EvidenceObject, ImageEvidence } from './image-evidence.js';
import { statedBetween } from './stated-between.js';

/** Options of {@link evidenceAbout}: parts of the prompt that a module is trained on. */
export interface EvidenceAboutOptions {
  /** Objects at most: those that the text names, then those beside them. Default 6. */
  readonly objects?: number;
  /** Relations at most. Default 4. */
  readonly relations?: number;
  /** Default: location words, which FGAM's own tokenizers have as tokens. */
  readonly formatBox?: (box: BoxUnit) => string;
  /** Whose nouns and attributes are looked for. Default {@link SCENE_ONTOLOGY}. */
  readonly ontology?: Ontology;
}

/** A phrase of the text, and what was seen that fits it, the surest first. */
interface Mention {
  readonly phrase: string;
  readonly found: readonly EvidenceObject[];
}

/**
 * What the evidence has on a question and a response, in words:
 * `no red cross ; large plain red circle at the top left <loc_3> <loc_4> <loc_9> <loc_10> ; ...` and at last
 * `the red circle is left of the blue square`,
 * or `nothing`.
 *
 * Each noun of the text, as the ontology has it (no plurals), is looked for with the attributes before it.
 * What is not there is said first; then come the objects that fit, with all their attributes, and the others;
 * then the relations of what was named (`relationBetween` of the boxes), in the text's own words, and those
 * of the others to the first, the nearest first.
 *
 * @param text - a question, and the response to it where there is one
 * @param evidence - its objects the surest first
 * @example
 * ```ts
 * import { evidenceAbout } from '@fgam/rectifier';
 *
 * const box = { x0: 0, y0: 0, x1: 0.25, y1: 0.25 };
 * const evidence = { size: { width: 64, height: 64 }, objects: [{ name: 'small red circle', box, score: 0.9 }] };
 * const words = evidenceAbout('is there a red cross ? yes', evidence);
 * if (words !== 'no red cross ; small plain red circle at the top left <loc_0> <loc_0> <loc_8> <loc_8>') throw new Error(words);
 * ```
 */
export function evidenceAbout(
  text: string,
  { objects: all, size }: ImageEvidence,
  options: EvidenceAboutOptions = {},
): string {
  const { objects: most = 6, relations = 4, formatBox = formatLocation, ontology = SCENE_ONTOLOGY } = options;
  const mentions = mentionsOf(text, all, ontology);
  const named = [...new Set(mentions.flatMap(({ found }) => found))];
  const others = all.filter((object) => !named.includes(object));
  // The surest of each phrase, in the text's words.
  const meant = mentions.flatMap(({ phrase, found: [best] }) =>
    best === undefined ? [] : [{ name: phrase, box: best.box, object: best }],
  );
  const [first] = meant;
  if (first !== undefined)
    others.sort((a, b) => centreDistance(a.box, first.box, size) - centreDistance(b.box, first.box, size));
  const missing = mentions.filter(({ found }) => found.length === 0).map(({ phrase }) => `no ${phrase}`);
  const seen = [...named, ...others]
    .slice(0, most)
    .map(({ name, box }) => `${fullName(name, ontology)} at the ${locationOfBox(box)} ${formatBox(box)}`);
  const between = meant.flatMap((a, i) =>
    meant
      .slice(i + 1)
      .filter((b) => b.object !== a.object)
      .flatMap((b) => statedBetween(a, b, size)),
  );
  const toFirst = first === undefined ? [] : others.flatMap((other) => statedBetween(other, first, size));
  return [...missing, ...seen, ...[...between, ...toFirst].slice(0, relations)].join(' ; ') || 'nothing';
}

/** The nouns of a text with the attributes before them, each once, in order. */
function mentionsOf(text: string, objects: readonly EvidenceObject[], ontology: Ontology): Mention[] {
  const values = new Set(Object.values(ontology.attributes).flat());
  const nouns = new Set(ontology.nouns);
  const phrases = new Set<string>();
  let attributes: string[] = [];
  for (const word of plainText(text).split(' ')) {
    if (nouns.has(word)) phrases.add([...attributes, word].join(' '));
    attributes = values.has(word) ? [...attributes, word] : [];
  }
  return [...phrases].map((phrase) => ({
    phrase,
    found: objects.filter(({ name }) => {
      const own = fullName(name, ontology).split(' ');
      return phrase.split(' ').every((word) => own.includes(word));
    }),
  }));
}

/** A name with the values that names leave unsaid: `small plain red circle`. */
function fullName(name: string, ontology: Ontology): string {
  const { noun, attributes } = parseNounPhrase(name, ontology);
  const words = Object.keys(ontology.attributes).map(
    (attribute) => attributes[attribute] ?? ontology.unsaid[attribute],
  );
  return [...words, noun].filter((word) => word !== undefined).join(' ');
}

/** What a text names of what was seen: of each of its nouns the surest that fits. */
export function namedObjects(
  text: string,
  { objects }: ImageEvidence,
  ontology: Ontology = SCENE_ONTOLOGY,
): EvidenceObject[] {
  const surest = mentionsOf(text, objects, ontology).flatMap(({ found: [best] }) => best ?? []);
  return [...new Set(surest)];
}
