import type { CallOptions, ImageSource, Question } from '@fgam/data';
import { type Calibration, calibrateThreshold } from '../../calibrate-threshold.js';
import { parseNounPhrase } from '../../claims/noun-phrase.js';
import { SCENE_ONTOLOGY } from '../../claims/ontology.js';
import { parseYesNo } from '../../claims/parse-claims.js';
import { parseQuestion } from '../../claims/parse-question.js';
import { createImageReader, type ReadingOptions } from './read-images.js';

/**
 * The evidence from which an object is best taken to be there: `thresholds.existence` of a grounded
 * critic, from existence questions with their truth. Use a validation split: a threshold set on the test
 * split would leak its truth.
 *
 * @param questions - others than readable existence questions are passed over
 * @throws FgamError `rectifier/bad-config` if answers of one kind alone are left; as `createImageReader` does
 * @example
 * ```ts
 * import { createRandom, type Question, type RegionTextScorer, renderScene, sampleScene } from '@fgam/data';
 * import { calibrateExistence } from '@fgam/rectifier';
 *
 * // Stands for stage 1: the cosine of every box is 0.9 with texts of cats and 0.1 with others.
 * const scorer: RegionTextScorer = {
 *   name: 'sees cats',
 *   score: async (requests) =>
 *     requests.map(({ boxes, texts }) =>
 *       boxes.map(() => texts.map((text) => (text.includes('cat') ? 0.9 : 0.1))),
 *     ),
 * };
 * const image = await renderScene(sampleScene(createRandom('an image')));
 * const ask = (name: string, answer: string): { image: Uint8Array; question: Question } => ({
 *   image,
 *   question: { id: name, sample: '1', kind: 'existence', question: `is there a ${name} ?`, answer },
 * });
 * const { threshold } = await calibrateExistence({
 *   scorer,
 *   ontology: { nouns: ['cat', 'bird'], attributes: {}, unsaid: {} },
 *   logitScale: 0, // both texts weigh the same: evidence is half of the cosine
 *   questions: [ask('cat', 'yes'), ask('bird', 'no')],
 * });
 * if (Math.abs(threshold - 0.25) > 1e-9) throw new Error('halfway from 0.05 to 0.45');
 * ```
 */
export async function calibrateExistence(
  options: ReadingOptions & {
    readonly questions: readonly { readonly image: ImageSource; readonly question: Question }[];
  },
  call: CallOptions = {},
): Promise<Calibration> {
  const { ontology = SCENE_ONTOLOGY } = options;
  const read = createImageReader(options);
  const images = [...new Set(options.questions.map(({ image }) => image))];
  const readings = await read(images, call);
  const readingOf = new Map(images.map((image, index) => [image, readings[index]]));
  const scored = options.questions.flatMap(({ image, question }) => {
    const form = parseQuestion(question.question);
    const label = parseYesNo(question.answer);
    if (form?.form !== 'existence' || label === undefined) return [];
    const phrase = parseNounPhrase(form.subject, ontology);
    const reading = readingOf.get(image);
    if (!reading?.knows(phrase)) return [];
    return [{ score: reading.ground(phrase)?.score ?? 0, label }];
  });
  return calibrateThreshold(
    scored.map(({ score }) => score),
    scored.map(({ label }) => label),
  );
}
