import { type Command, InvalidArgumentError, Option } from 'commander';
import { IMAGE_MODULE_MODEL, MODULE_MODEL } from '../train/model-names.js';
import { share } from '../whole-number.js';
import { GROUNDED } from './open-critic.js';
import { TEXT } from './open-module.js';

/** The critic behind an endpoint. */
export const LLM = 'llm';

/** Options that say how critics check, and nothing where none is named. */
export const HOW_CRITICS_CHECK = ['criticEndpoint', 'criticModel', 'grounding', 'threshold'] as const;

/** A critic of a command line, and how much it counts beside others. */
export interface NamedCritic {
  readonly name: string;
  readonly weight: number;
}

/** Which critics check, as a command line names them. */
export interface CriticOptions {
  readonly critic?: readonly NamedCritic[];
  readonly criticEndpoint?: string;
  readonly criticModel?: string;
  /** Whether the one behind an endpoint is told conversations, where a command has the option. */
  readonly criticContext?: boolean;
  readonly grounding?: string;
  readonly threshold?: number;
  readonly calibration?: string;
}

/**
 * Adds the options that name critics.
 *
 * @param others - more names, with what they are
 * @param standard - the critics where none are named
 * @param answering - the option that names the endpoint of the answering model
 * @param model - what the model of an LLM critic is where none is named
 */
export function addCriticOptions(
  command: Command,
  others = '',
  standard?: string,
  answering = 'endpoint',
  model = `--${answering}-model`,
): Command {
  const critic = new Option(
    '--critic <critics>',
    `${GROUNDED}: region-text similarity; ${LLM}: a model behind an endpoint; folder of a rectification module (${IMAGE_MODULE_MODEL}: the shipped one); ${TEXT}folder of one that reads evidence in words (${TEXT}${MODULE_MODEL}: the shipped one)${others}; several with commas between, ` +
      `each with its weight if it is not 1: ${GROUNDED}=2,${LLM}`,
  ).argParser(readCritics);
  return command
    .addOption(standard === undefined ? critic : critic.default(readCritics(standard), standard))
    .option('--critic-endpoint <url>', `endpoint of ${LLM} (default: --${answering})`)
    .option('--critic-model <name>', `the model's name there (default: ${model})`)
    .option(
      '--grounding <folder>',
      `model that ${GROUNDED} and ${TEXT} ask (default: the one whose evidence a module was trained on, if that is shipped, else the answering one)`,
    )
    .option('--threshold <s>', 'accept responses that the critics hold right with this probability', share)
    .option('--calibration <file>', 'take weights and threshold that "fgam rectify calibrate" found');
}

/** Reads `NAME[=WEIGHT],...`. */
export function readCritics(text: string): NamedCritic[] {
  const critics = text.split(',').map((part): NamedCritic => {
    const [, name = part, weight] = /^(.+)=([\d.]+)$/.exec(part.trim()) ?? [];
    return { name: name.trim(), weight: weight === undefined ? 1 : Number(weight) };
  });
  for (const { name, weight } of critics)
    if (name === '' || !(weight > 0 && Number.isFinite(weight)))
      throw new InvalidArgumentError('expected names of critics, each with a weight above 0 if any');
  if (new Set(critics.map(({ name }) => name)).size < critics.length)
    throw new InvalidArgumentError('expected distinct critics');
  return critics;
}

/** Critics as reports name them. */
export function criticsInWords(critics: readonly NamedCritic[]): string {
  return critics.map(({ name, weight }) => (weight === 1 ? name : `${name}=${weight}`)).join(',');
}
