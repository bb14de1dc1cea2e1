import { join } from 'node:path';
import type { Weights } from '@fgam/compile';
import { FgamError } from '@fgam/data';
import {
  createAdapter,
  type FormatAnswerPrompt,
  loadAdapter,
  loadPretrained,
  promptWithImages,
  saveAdapter,
  withoutToken,
} from '@fgam/models';
import { INSTRUCT_PROMPT, PAPER_PROMPT } from '@fgam/rectifier';
import { type AdaptedModel, createPretrainedPolicy, type Policy } from '@fgam/trainer';
import { fittedPretrainedPrompts } from '../ports/fitted-prompts.js';
import type { AdaptedConfig } from './adapted-config.js';
import { isHubFolder } from './is-hub-folder.js';

/** A checkpoint with an adapter, as a policy. */
export interface AdaptedPolicy {
  readonly policy: Policy<AdaptedModel>;
  /** The prompt of a question or of its revision, cut to fit, in the checkpoint's chat template. */
  readonly format: FormatAnswerPrompt;
  /** Writes the adapter among trained weights, and says how many prompts were cut to fit. */
  save(out: string, weights: Weights): Promise<{ readonly model: string; readonly adapter: string }>;
}

/**
 * Opens a checkpoint of the Hugging Face hub whose adapter is to be trained; its own weights stay in their files.
 *
 * @returns undefined for one of FGAM's own models
 * @throws FgamError `fgam/bad-config` for a checkpoint without an adapter, or one of FGAM's own models
 * with it; as loading does
 */
export async function openAdapted(
  config: Pick<AdaptedConfig, 'model' | 'adapter' | 'prompts' | 'seed'>,
): Promise<AdaptedPolicy | undefined> {
  const { model: folder, adapter: asked, prompts, seed } = config;
  const isPretrained = await isHubFolder(folder);
  if (isPretrained !== (asked !== undefined))
    throw badModel(
      folder,
      isPretrained
        ? 'adapter: expected one, such as { "rank": 16 }: of a model of the Hugging Face hub RL and DPO train an adapter'
        : 'adapter: expected a folder of the Hugging Face hub as model beside it, got another',
    );
  if (!isPretrained && prompts !== undefined)
    throw badModel(
      folder,
      'prompts: expected a folder of the Hugging Face hub as model beside it, got another',
    );
  if (asked === undefined) return undefined;
  const model = await loadPretrained(folder, { weights: 'files' });
  const { family } = model;
  const adapter =
    typeof asked === 'string' ? await loadAdapter(asked, family) : createAdapter(family, { ...asked, seed });
  const policy = await createPretrainedPolicy({ model, adapter });
  const fitted = fittedPretrainedPrompts(
    model,
    prompts === PAPER_PROMPT.name ? PAPER_PROMPT : INSTRUCT_PROMPT,
  );
  return {
    policy,
    format: (question, revision) =>
      promptWithImages(model, withoutToken(fitted.formatPrompt(question, revision), model.imageToken), 1),
    async save(out, weights) {
      fitted.report();
      const place = join(out, 'adapter');
      await saveAdapter(place, family, policy.withWeights(weights).adapter, { base: folder });
      return { model: folder, adapter: place };
    },
  };
}

function badModel(folder: string, fault: string): FgamError<'fgam/bad-config'> {
  return new FgamError('fgam/bad-config', `${fault}: ${folder}`);
}
