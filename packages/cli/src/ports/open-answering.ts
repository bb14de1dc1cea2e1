import {
  createPretrainedAnswerer,
  isPretrainedFolder,
  loadAdapter,
  loadPretrained,
  type ModelAnswerer,
  openOnnxAnswerer,
  withAdapter,
} from '@fgam/models';
import {
  correctedResponse,
  createEndpointAnswerer,
  type EndpointUsage,
  formatPrompt,
  INSTRUCT_PROMPT,
  PAPER_PROMPT,
  type Revision,
} from '@fgam/rectifier';
import type { Command } from 'commander';
import { say } from '../output.js';
import { modelFolder, type NamedModel, openNamedModel } from '../train/open-model.js';
import { fittedPretrainedPrompts } from './fitted-prompts.js';
import { endpointPlace, type ModelOptions } from './model-options.js';
import { openAnswerer } from './open-answerer.js';
import { usageError } from '../usage-error.js';

/** The answering model of a command. */
export interface Answering {
  readonly answerer: ModelAnswerer;
  /** As reports name it. */
  readonly name: string;
  /** Where it is a compact model: what a critic may ask beside answers. */
  readonly compact?: NamedModel;
}

const TEMPLATES = { instruct: INSTRUCT_PROMPT, paper: PAPER_PROMPT };

/** Begins the place of an ONNX export. */
export const ONNX = 'onnx:';

/**
 * Opens the model that a command line names: a compact model or a checkpoint of the Hugging Face hub by its
 * folder, an ONNX export (`onnx:FOLDER`), or one behind an endpoint. All but compact models get instructions,
 * as those of others are tuned for (`INSTRUCT_PROMPT`; an endpoint gets turns), unless `--template paper`
 * asks for the prompt that this project trains on.
 */
export async function openAnswering(options: ModelOptions, command: Command): Promise<Answering> {
  const { model, adapter, endpoint, endpointModel } = options;
  const template = TEMPLATES[options.template ?? 'instruct'];
  const refuseAdapter = (): void => {
    if (adapter !== undefined)
      usageError(command, 'expected --adapter beside a model of the Hugging Face hub');
  };
  if (endpoint === undefined && endpointModel !== undefined)
    usageError(command, `expected --endpoint with --endpoint-model ${endpointModel}, got none`);
  if (endpoint !== undefined) {
    refuseAdapter();
    if (command.getOptionValueSource('model') === 'cli')
      usageError(command, 'expected --model or --endpoint, got both');
    if (endpointModel === undefined)
      usageError(command, "expected the model's name at --endpoint: --endpoint-model");
    const answerer = createEndpointAnswerer({
      ...endpointPlace(endpoint, endpointModel, options, command),
      ...(options.template === undefined ? {} : { revise: template }),
    });
    const dispose = async (): Promise<void> => {
      sayUsage(answerer.name, answerer.usage());
      await answerer.dispose();
    };
    return { answerer: { ...answerer, dispose }, name: `${endpointModel} at ${endpoint}` };
  }
  if (model.startsWith(ONNX)) {
    refuseAdapter();
    const place = model.slice(ONNX.length);
    const formatOne = (question: string, revision?: Revision): string =>
      formatPrompt(question, revision, { template });
    return { answerer: await openOnnxAnswerer({ model: place, formatPrompt: formatOne }), name: model };
  }
  const folder = modelFolder(model);
  if (await isPretrainedFolder(folder)) {
    const base = await loadPretrained(folder, { weights: 'fitting' });
    const pretrained =
      adapter === undefined ? base : withAdapter(base, await loadAdapter(adapter, base.family));
    const prompts = fittedPretrainedPrompts(pretrained, template);
    const answerer = createPretrainedAnswerer(pretrained, {
      formatPrompt: prompts.formatPrompt,
      // Revisions are those without a draft, sooner where they do as the feedback says.
      ...(pretrained.quantized === undefined ? { draftRevisions: correctedResponse } : {}),
    });
    const dispose = async (): Promise<void> => {
      prompts.report();
      await answerer.dispose();
    };
    const name = adapter === undefined ? model : `${model} with ${adapter}`;
    return { answerer: { ...answerer, dispose }, name };
  }
  refuseAdapter();
  if (options.template !== undefined)
    usageError(command, `expected no --template for ${model}: compact models know the paper's alone`);
  const compact = await openNamedModel(model);
  return { answerer: openAnswerer(compact.model), name: model, compact };
}

/** Says what an endpoint was asked. */
export function sayUsage(name: string, usage: EndpointUsage): void {
  const { requests, promptTokens, completionTokens, uncounted } = usage;
  const counted = `${promptTokens} tokens read, ${completionTokens} written`;
  say(
    `${name}: ${requests} requests, ${counted}${uncounted > 0 ? `, ${uncounted} replies not counted` : ''}`,
  );
}
