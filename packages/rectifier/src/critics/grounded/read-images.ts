import {
  type BoxUnit,
  type CallOptions,
  type Detector,
  imageKey,
  type ImageSize,
  type ImageSource,
  readImageSize,
  type RegionTextScorer,
} from '@fgam/data';
import { LRUCache } from 'lru-cache';
import { type Location, LOCATIONS, locationOfBox } from '../../claims/locations.js';
import { formatNounPhrase, type NounPhrase } from '../../claims/noun-phrase.js';
import { type Ontology, SCENE_ONTOLOGY } from '../../claims/ontology.js';
import { rectifierError } from '../../error.js';
import { formatClause } from '../../truth/caption-issues.js';
import { detectEach } from '../detect-each.js';
import { keptResults } from '../kept-results.js';
import { gridBoxes } from './grid-boxes.js';
import { type DetectedKind, ImageReading, kindsOf } from './image-reading.js';

/** How stage 1 is asked what an image shows. */
export interface ReadingOptions {
  /** Stage 1's region-text similarity. */
  readonly scorer: RegionTextScorer;
  /** Default {@link SCENE_ONTOLOGY}. */
  readonly ontology?: Ontology;
  /**
   * Finds the ontology's kinds (nouns with colours, `red circle`): its detections are the candidate boxes of
   * an image, and its scores count beside the similarity. Default: none, and the same boxes in every image.
   */
  readonly detector?: Detector;
  /** Candidate boxes, where there is no detector. Default `gridBoxes()`. */
  readonly boxes?: readonly BoxUnit[];
  /**
   * The text of an object at a place, in the words that stage 1 was trained on. Default: scenes' descriptions
   * (`a small red circle at the top left`).
   */
  readonly describe?: (subject: NounPhrase, location: string) => string;
  /** s of the contrastive loss that the scorer was trained with. Default 1 / 0.07. */
  readonly logitScale?: number;
}

/** More descriptions than this an image are a mistake in the ontology. */
const MOST_DESCRIPTIONS = 20_000;
/** Numbers of cosines in readings that are kept: with their probabilities 16 bytes each, 64 MiB. */
const MOST_KEPT = 2 ** 22;

/**
 * Reads images by stage 1: what it sees at each candidate box, once for each image while there
 * is room. No truth is used.
 */
export type ImageReader = (images: readonly ImageSource[], call?: CallOptions) => Promise<ImageReading[]>;

/**
 * Makes a function that reads images by stage 1's region-text similarity.
 *
 * @throws FgamError `rectifier/bad-config` for an ontology without descriptions, or with too many, or for
 * no boxes; at the call, as the scorer does, and `rectifier/bad-port` if its scores are not finite
 * numbers of boxes by texts
 * @example
 * ```ts
 * import { createRandom, type RegionTextScorer, renderScene, sampleScene } from '@fgam/data';
 * import { createImageReader } from '@fgam/rectifier';
 *
 * // Stands for stage 1: the cosine of every box is 1 with texts of what is red and 0 with others.
 * const scorer: RegionTextScorer = {
 *   name: 'sees red',
 *   score: async (requests) =>
 *     requests.map(({ boxes, texts }) =>
 *       boxes.map(() => texts.map((text) => (text.includes('red') ? 1 : 0))),
 *     ),
 * };
 * const read = createImageReader({
 *   scorer,
 *   ontology: { nouns: ['cat'], attributes: { colour: ['red', 'blue'] }, unsaid: {} },
 *   boxes: [{ x0: 0.25, y0: 0.25, x1: 0.75, y1: 0.75 }],
 *   logitScale: Math.log(3), // p(red cat) = 3 / (3 + 1)
 * });
 * const [reading] = await read([await renderScene(sampleScene(createRandom('an image')))]);
 * const red = reading?.ground({ noun: 'cat', attributes: { colour: 'red' } });
 * if (red?.index !== 0 || red.score.toFixed(4) !== '0.7500') throw new Error(String(red?.score));
 * const colours = reading?.values(0, { noun: 'cat', attributes: {} }, 'colour').map(({ value }) => value);
 * if (colours?.join() !== 'red,blue') throw new Error(colours?.join());
 * ```
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
  const textsOf = new Map(
    LOCATIONS.map((location) => [location, subjects.map((subject) => describe(subject, location))]),
  );
  const propose = options.detector === undefined ? undefined : proposer(options.detector, ontology);
  const kept = new LRUCache<string, ImageReading>({
    maxSize: MOST_KEPT,
    // An image in which a detector finds nothing is kept too.
    sizeCalculation: (reading) => Math.max(1, reading.boxes.length * subjects.length),
  });

  async function read(images: readonly ImageSource[], call: CallOptions): Promise<ImageReading[]> {
    const proposed = propose === undefined ? undefined : await propose(images, call);
    const boxesOf = images.map((_, i) => proposed?.[i]?.map(({ box }) => box) ?? boxes);
    // A box is compared with texts of its own place only, so each place of each image is a request.
    const requests = images.flatMap((image, i) =>
      placesOf(boxesOf[i] ?? []).map(({ location, indices }) => ({
        row: i,
        indices,
        image,
        boxes: indices.map((index) => boxesOf[i]?.[index] as BoxUnit),
        texts: textsOf.get(location) ?? [],
      })),
    );
    const [scores, sizes] = await Promise.all([
      scorer.score(
        requests.map(({ image, boxes: own, texts }) => ({ image, boxes: own, texts })),
        call,
      ),
      Promise.all(images.map((image) => readImageSize(image))),
    ]);
    checkScores(scorer.name, scores, requests);
    const cosines = boxesOf.map((own) => own.map((): readonly number[] => []));
    for (const [r, { row, indices }] of requests.entries())
      for (const [k, index] of indices.entries()) (cosines[row] ?? [])[index] = scores[r]?.[k] ?? [];
    return images.map((_, i) => {
      const parts = { subjects, ontology, logitScale, size: sizes[i] as ImageSize };
      return new ImageReading({
        ...parts,
        boxes: boxesOf[i] ?? [],
        cosines: cosines[i] ?? [],
        ...(proposed === undefined ? {} : { detected: proposed[i] ?? [] }),
      });
    });
  }

  return async (images, call = {}) => {
    const keys = await Promise.all(images.map((image) => imageKey(image)));
    return keptResults(kept, images, keys, (missing) => read(missing, call));
  };
}

/** A box that a detector found, with what it took it for. */
type Proposal = DetectedKind & { readonly box: BoxUnit };

/**
 * Finds the ontology's kinds in images.
 * @throws FgamError, at the call, `rectifier/bad-port` for lists or labels that were not asked for
 */
function proposer(
  detector: Detector,
  ontology: Ontology,
): (images: readonly ImageSource[], call: CallOptions) => Promise<Proposal[][]> {
  const kindOf = new Map(kindsOf(ontology).map((kind) => [formatNounPhrase(kind, ontology), kind]));
  const phrases = [...kindOf.keys()];
  return async (images, call) => {
    const requests = images.map((image) => ({ image, phrases }));
    const found = await detectEach('grounded reading', detector, requests, call);
    return found.map((detections) =>
      detections.map(({ box, label, score }) => {
        const kind = kindOf.get(label);
        if (kind === undefined || !(score >= 0 && score <= 1))
          throw rectifierError(
            'rectifier/bad-port',
            `grounded reading: expected phrases that were asked for with scores of 0 to 1 of ${JSON.stringify(detector.name)}, got ${JSON.stringify(label)} with ${score}; mend the detector`,
          );
        return { box, kind, score };
      }),
    );
  };
}

/** Boxes by the place that they lie at. */
function placesOf(boxes: readonly BoxUnit[]): { readonly location: Location; readonly indices: number[] }[] {
  return LOCATIONS.map((location) => ({
    location,
    indices: boxes.flatMap((box, index) => (locationOfBox(box) === location ? [index] : [])),
  })).filter(({ indices }) => indices.length > 0);
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
