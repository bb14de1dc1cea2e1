import type { Critic, ImageSource } from '@fgam/data';
import { rectifierError } from '../../error.js';
import { formatEvidencePrompt } from '../../prompts/evidence-prompt.js';
import { judgeKnown } from '../judge-known.js';
import { type ModelCriticOptions, writeFeedback } from '../write-feedback.js';
import { namedObjects } from './evidence-about.js';
import { type EvidenceForm, writeEvidence } from './evidence-form.js';
import type { EvidenceReader, ImageEvidence } from './image-evidence.js';

/** Options of {@link createEvidenceCritic}. */
export interface EvidenceCriticOptions extends Omit<ModelCriticOptions, 'formatPrompt'> {
  /** Says what an image shows. */
  readonly readEvidence: EvidenceReader;
  /** How evidence is written; as for the module's training. */
  readonly evidence?: EvidenceForm;
  /** Default `formatEvidencePrompt`, which is what the module is trained on. */
  readonly formatPrompt?: (evidence: string, question: string, response: string) => string;
}

/**
 * A rectification module that reads texts alone: in place of the image it has in words what was seen there,
 * with the question and the response, and writes feedback in the grammar. Any language model behind the
 * `Generator` port will do; what it is told may be wrong, and it can be trained to know how far.
 *
 * Source: the paper's text-only form of its rectification module, "fed with grounded evidence";
 * prompt and evidence are ours.
 *
 * @throws FgamError, at the call, as the generator and the reader of evidence do; `rectifier/bad-port` for
 * evidence of another number of images
 * @example
 * ```ts
 * import type { Generator } from '@fgam/data';
 * import { createEvidenceCritic, type EvidenceReader } from '@fgam/rectifier';
 *
 * const box = { x0: 0, y0: 0, x1: 0.25, y1: 0.25 };
 * const seen = { size: { width: 64, height: 64 }, objects: [{ name: 'red circle', box, score: 0.9 }] };
 * const readEvidence: EvidenceReader = async (images) => images.map(() => seen);
 * // Stands for a language model: it has the prompt alone.
 * const generator: Generator = {
 *   name: 'reader',
 *   generate: async (requests) =>
 *     requests.map(({ prompt, image }) => {
 *       const isSeen = image !== undefined || prompt.startsWith('In the image: blue square');
 *       const text = isSeen ? 'no further corrections needed' : 'object : there is no blue square';
 *       return { text, tokens: [1], logprobs: [Math.log(0.8)], finish: 'stop' };
 *     }),
 * };
 * const critic = createEvidenceCritic({ generator, readEvidence });
 * const [feedback] = await critic.critique([
 *   { image: '1.png', question: 'is there a blue square ?', response: 'yes' },
 * ]);
 * if (feedback?.verdict !== 'revise' || feedback.text !== 'object : there is no blue square') throw new Error();
 * if (feedback.confidence?.toFixed(2) !== '0.80') throw new Error(String(feedback.confidence));
 * ```
 */
export function createEvidenceCritic(options: EvidenceCriticOptions): Critic {
  const { readEvidence, generator, evidence: form, formatPrompt = formatEvidencePrompt } = options;
  const { judges = () => true } = options;
  return {
    name: options.name ?? generator.name,
    async critique(all, call = {}) {
      call.signal?.throwIfAborted();
      return judgeKnown(
        all,
        ({ question }) => judges(question),
        async (requests) => {
          // Requests about one image share its evidence.
          const images: ImageSource[] = [...new Set(requests.map(({ image }) => image))];
          const found = await readEvidence(images, call);
          if (found.length !== images.length)
            throw rectifierError(
              'rectifier/bad-port',
              `createEvidenceCritic: expected evidence of ${images.length} images, got ${found.length}; mend readEvidence`,
            );
          const evidenceOf = new Map(images.map((image, i) => [image, found[i] as ImageEvidence]));
          const drafts = requests.map(({ image, question, response }) => {
            const evidence = evidenceOf.get(image) as ImageEvidence;
            const words = writeEvidence(evidence, `${question} ${response}`, form);
            const boxesOf = (said: string) => namedObjects(said, evidence).map(({ box }) => box);
            return { prompt: formatPrompt(words, question, response), question, response, boxesOf };
          });
          return writeFeedback(drafts, options, call);
        },
      );
    },
  };
}
