import { type Command, Option } from 'commander';
import { BASE_MODEL } from '../train/model-names.js';
import { positiveNumber } from '../whole-number.js';
import { usageError } from '../usage-error.js';

/** Which model answers, as a command line names it. */
export interface ModelOptions {
  readonly model: string;
  /** Folder of an adapter of it. */
  readonly adapter?: string;
  readonly endpoint?: string;
  readonly endpointModel?: string;
  readonly apiKeyEnv: string;
  readonly concurrency?: number;
  /** Of each call of an endpoint, where a command has the option. */
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly template?: 'instruct' | 'paper';
}

/** The variable that holds an endpoint's key where none is named. */
export const KEY_VARIABLE = 'OPENAI_API_KEY';

/**
 * Adds the options that name the answering model: a folder, an ONNX export, or an endpoint.
 *
 * @param what - of a command that asks none where none is named: what it asks one for. Default: it asks the base
 */
export function addModelOptions(command: Command, what?: string): Command {
  return command
    .option(
      '--model <place>',
      `${what === undefined ? '' : `${what}: `}model folder, of the Hugging Face hub too; onnx:FOLDER or onnx:ID, an ONNX export by @huggingface/transformers; or the shipped base${what === undefined ? '' : `, ${BASE_MODEL}`}`,
      what === undefined ? BASE_MODEL : undefined,
    )
    .option('--adapter <folder>', "an adapter (LoRA, PEFT's layout) of a model of the Hugging Face hub")
    .option('--endpoint <url>', 'instead: an OpenAI-compatible endpoint, up to and with /v1')
    .option('--endpoint-model <name>', "the model's name there")
    .option('--api-key-env <name>', "variable of the environment that holds the endpoint's key", KEY_VARIABLE)
    .option('--concurrency <n>', 'requests to an endpoint at a time (default: 8)', positiveNumber)
    .addOption(
      new Option(
        '--template <name>',
        "how a revision is asked for: with instructions, or as the paper's one line (default: instruct, of an endpoint in turns; compact models know the paper's alone)",
      ).choices(['instruct', 'paper']),
    );
}

/** An endpoint's options in common: where it is, what is asked there, and the key. */
export interface EndpointPlace {
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  readonly concurrency?: number;
  readonly timeout?: number;
  readonly retries?: number;
}

/** An endpoint by its options; a variable that was named but is not there is a usage error. No name, no key. */
export function endpointPlace(
  baseUrl: string,
  model: string,
  {
    apiKeyEnv,
    concurrency,
    timeoutMs,
    retries,
  }: Pick<ModelOptions, 'apiKeyEnv' | 'concurrency' | 'timeoutMs' | 'retries'>,
  command: Command,
): EndpointPlace {
  const apiKey = process.env[apiKeyEnv];
  const isNamed = command.getOptionValueSource('apiKeyEnv') === 'cli';
  if (isNamed && apiKeyEnv !== '' && !apiKey)
    usageError(command, `expected a key in the variable ${apiKeyEnv}, which is not set`);
  return {
    baseUrl,
    model,
    ...(apiKey ? { apiKey } : {}),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(retries === undefined ? {} : { retries }),
  };
}
