import {
  type BoxUnit,
  type CallOptions,
  imageKey,
  type ImageSize,
  type ImageSource,
  readImageSize,
  type RegionTextScorer,
} from '@fgam/data';
import { LRUCache } from 'lru-cache';
import { LOCATIONS, locationOfBox } from '../../claims/locations.js';
import type { NounPhrase } from '../../claims/noun-phrase.js';
import { type Ontology, SCENE_ONTOLOGY } from '../../claims/ontology.js';
import { rectifierError } from '../../error.js';
import { formatClause } from '../../truth/caption-issues.js';
import { gridBoxes } from './grid-boxes.js';
import { ImageReading } from './image-reading.js';

/** How stage 1 is asked what an image shows. */
export interface ReadingOptions {
  /** Stage 1's region-text similarity. */
  readonly scorer: RegionTextScorer;
  /** Default {@link SCENE_ONTOLOGY}. */
  readonly ontology?: Ontology;
  /** Candidate boxes. Default `gridBoxes()`. */
  readonly boxes?: readonly BoxUnit[];
  /**
   * The text of an object at a place, in the words that stage 1 was trained on. Default: scenes' descriptions (`a small red circle at the top
   * left`).
   */
  readonly describe?: (subject: NounPhrase, location: string) => string;
  /** s of the contrastive loss that the scorer was trained with. Default 1 / 0.07. */
  readonly logitScale?: number;
}

/** More descriptions than this an image are a mistake in the ontology. */
const MOST_DESCRIPTIONS = 20_000;
/** Numbers of cosines in readings that are kept: with their probabilities 16 bytes each, 64 MiB. */
const MOST_KEPT = 2 ** 22;

/** Reads images by stage 1: what it sees at each candidate box, once for each image while there is room. No truth is used. */
export type ImageReader = (images: readonly ImageSource[], call?: CallOptions) => Promise<ImageReading[]>;

/**
 * Makes a function that reads images by stage 1's region-text similarity.
 *
 * @throws FgamError `rectifier/bad-config` for an ontology without descriptions, or with too many, or for no boxes; at the call, as the
 * scorer does, and `rectifier/bad-port` if its scores are not finite numbers of boxes by texts
 */
export function createImageReader(options: ReadingOptions): ImageReader {
  const { scorer, ontology = SCENE_ONTOLOGY, logitScale = 1 / 0.07, boxes = gridBoxes() } = options;
  const describe = options.describe ?? ((subject, location) => formatClause(subject, location, ontology));
  const subjects = allSubjects(ontology);
  if (subjects.length === 0 || subjects.length > MOST_DESCRIPTIONS)
    throw rectifierError(
      'rectifier/bad-config',
      `createImageReader: expected an ontology of 1 to ${MOST_DESCRIPTIONS} descriptions, got ${subjects.length}; give fewer attributes`,
    );
  if (boxes.length === 0)
    throw rectifierError(
      'rectifier/bad-config',
      'createImageReader: expected at least one candidate box, got none; leave `boxes` out for gridBoxes()',
    );
  // A box is compared with texts of its own place only, so each place of each image is a request.
  const places = LOCATIONS.map((location) => ({
    indices: boxes.flatMap((box, index) => (locationOfBox(box) === location ? [index] : [])),
    texts: subjects.map((subject) => describe(subject, location)),
  })).filter(({ indices }) => indices.length > 0);
  const kept = new LRUCache<string, ImageReading>({
    maxSize: MOST_KEPT,
    sizeCalculation: () => boxes.length * subjects.length,
  });

  async function read(images: readonly ImageSource[], call: CallOptions): Promise<ImageReading[]> {
    const requests = images.flatMap((image) =>
      places.map(({ indices, texts }) => ({
        image,
        boxes: indices.map((index) => boxes[index] as BoxUnit),
        texts,
      })),
    );
    const [scores, sizes] = await Promise.all([
      scorer.score(requests, call),
      Promise.all(images.map((image) => readImageSize(image))),
    ]);
    checkScores(scorer.name, scores, requests);
    return images.map((_, i) => {
      const cosines: (readonly number[])[] = boxes.map(() => []);
      for (const [p, { indices }] of places.entries()) {
        const rows = scores[i * places.length + p] ?? [];
        for (const [k, index] of indices.entries()) cosines[index] = rows[k] ?? [];
      }
      const size = sizes[i] as ImageSize;
      return new ImageReading({ size, boxes, subjects, ontology, cosines, logitScale });
    });
  }

  return async (images, call = {}) => {
    const keys = await Promise.all(images.map((image) => imageKey(image)));
    const missing = new Map(
      keys.flatMap((key, i) => (kept.has(key) ? [] : [[key, images[i] as ImageSource] as const])),
    );
    const readings = missing.size === 0 ? [] : await read([...missing.values()], call);
    const found = new Map([...missing.keys()].map((key, i) => [key, readings[i] as ImageReading]));
    const all = keys.map((key) => (found.get(key) ?? kept.get(key)) as ImageReading);
    for (const [key, reading] of found) kept.set(key, reading);
    return all;
  };
}

/** Each noun with each combination of attribute values. */
function allSubjects({ attributes, nouns }: Ontology): NounPhrase[] {
  let subjects: NounPhrase[] = nouns.map((noun) => ({ noun, attributes: {} }));
  for (const [name, values] of Object.entries(attributes))
    subjects = subjects.flatMap(({ noun, attributes: before }) =>
      values.map((value) => ({ noun, attributes: { ...before, [name]: value } })),
    );
  return subjects;
}

function checkScores(
  name: string,
  scores: readonly (readonly (readonly number[])[])[],
  requests: readonly { readonly boxes: readonly BoxUnit[]; readonly texts: readonly string[] }[],
): void {
  const isRight =
    scores.length === requests.length &&
    requests.every(
      ({ boxes, texts }, i) =>
        scores[i]?.length === boxes.length &&
        scores[i].every((row) => row.length === texts.length && row.every(Number.isFinite)),
    );
  if (!isRight)
    throw rectifierError(
      'rectifier/bad-port',
      `grounded reading: expected ${requests.length} results of ${JSON.stringify(name)}, each finite scores of its boxes by its texts, ` +
        `got ${scores.length} result(s) of another shape or with numbers that are not finite; mend the scorer`,
    );
}
