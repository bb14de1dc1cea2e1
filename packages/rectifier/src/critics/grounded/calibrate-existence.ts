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
 * @throws FgamError `rectifier/bad-config` if answers of one kind alone are left
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
