import { createGenerator } from '@fgam/models';
import { createEvidenceCritic, createSimilarityEvidence, isShortQuestion } from '@fgam/rectifier';
import { say } from '../output.js';
import type { NamedModel } from '../train/open-model.js';
import { knowsWords } from '../train/unknown-words.js';
import { weightsSha256 } from '../weights-sha256.js';
import type { EvidenceFile } from './evidence-file.js';
import { fittedEvidencePrompts } from './fitted-prompts.js';
import { DECODE_BATCH, paysDrafts } from './open-answerer.js';
import type { OpenCritic } from './open-critic.js';
import { openGrounding } from './open-grounding.js';

/**
 * The critic of a module that reads no images, but in words what a model's region-text similarity, and its
 * detector where it has one, sees in them.
 *
 * @param evidence - how the module was trained
 * @param grounding - the model that looks at the images
 */
export async function openTextCritic(
  { model, folder }: NamedModel,
  evidence: EvidenceFile,
  grounding: NamedModel,
): Promise<OpenCritic> {
  const { threshold, states = false, captions } = evidence;
  if (evidence.grounding !== undefined && evidence.grounding !== (await weightsSha256(grounding.folder)))
    say(
      `warning: ${folder} was trained on the evidence of another model than ${grounding.folder}, whose mistakes it does not know`,
    );
  const seeing = openGrounding(grounding.model);
  const generator = createGenerator(model, { name: 'text module', maxBatch: DECODE_BATCH });
  const prompts = fittedEvidencePrompts(model);
  return {
    critic: createEvidenceCritic({
      generator,
      readEvidence: createSimilarityEvidence({
        ...seeing.grounding,
        ...(threshold === undefined ? {} : { threshold }),
      }),
      evidence,
      states,
      drafts: paysDrafts(model),
      // What it has no word for it can't have been trained on.
      judges: (question) =>
        knowsWords(model.tokenizer, question) && (captions !== false || isShortQuestion(question)),
      formatPrompt: prompts.formatPrompt,
    }),
    settings: threshold === undefined ? {} : { evidenceThreshold: threshold },
    calibration: { refusals: {} },
    dispose: async () => {
      prompts.report();
      await Promise.all([seeing.dispose(), generator.dispose()]);
    },
  };
}
