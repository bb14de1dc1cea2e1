import type { Critic } from '@fgam/data';
import { type ProxyOptions, serveProxy } from '@fgam/rectifier/proxy';
import type { Command } from 'commander';
import { checkAddress } from '../check-address.js';
import { type CommonOptions, printResult, say } from '../output.js';
import { addCriticOptions, type CriticOptions, LLM } from '../ports/critic-options.js';
import { endpointPlace, KEY_VARIABLE } from '../ports/model-options.js';
import { openCritics } from '../ports/open-critics.js';
import { warmUp } from '../ports/warm-up.js';
import { BASE_MODEL } from '../train/model-names.js';
import { usageError } from '../usage-error.js';
import { portNumber, positiveNumber, share, wholeNumber } from '../whole-number.js';

interface ServeCommandOptions extends CommonOptions, CriticOptions {
  readonly upstream: string;
  readonly upstreamModel?: string;
  readonly apiKeyEnv: string;
  readonly criticKeyEnv?: string;
  readonly clientKeyEnv?: string;
  readonly host: string;
  readonly port: number;
  readonly hostName?: readonly string[];
  readonly rounds: number;
  readonly whileSure?: number;
  readonly decide?: boolean;
  readonly budgetTokens?: number;
  readonly budgetMs?: number;
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly maxConcurrent: number;
  readonly maxQueued?: number;
  readonly maxBody?: number;
  readonly maxBodyMemory?: number;
  readonly clientTimeoutMs?: number;
  readonly maxImages?: number;
  readonly maxImageBytes?: number;
  readonly allowImageFetch?: boolean;
  readonly graceMs: number;
}

/** `fgam serve`: an OpenAI-compatible server in front of another, which rectifies its answers about images. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('OpenAI-compatible server that rectifies any upstream model; ends on Ctrl-C')
    .requiredOption('--upstream <url>', 'OpenAI-compatible endpoint that answers, up to and with /v1')
    .option('--upstream-model <name>', "the model asked there (default: each request's own)")
    .option('--api-key-env <name>', "variable of the environment that holds the upstream's key", KEY_VARIABLE)
    .option(
      '--client-key-env <name>',
      'variable that holds the keys that clients may bring, with commas between',
    );
  addCriticOptions(command, '', LLM, 'upstream', "--upstream-model, else the upstream's only model")
    .option(
      '--critic-key-env <name>',
      `variable that holds the key of ${LLM} (default: the upstream's, where --critic-endpoint is not given)`,
    )
    .option(
      '--no-critic-context',
      `tell ${LLM} the last turn and the last image alone, not the conversation: for models that take one image`,
    )
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <n>', 'port to listen at; 0: any that is free', portNumber, 8080)
    .option(
      '--host-name <name...>',
      'names that the header host may have beside localhost and addresses (a reverse proxy before this); asked for where it listens to this machine alone, without keys',
    )
    .option('--rounds <n>', 'most revisions, where a request does not say', wholeNumber, 2)
    .option('--while-sure <p>', 'revise only while the critic is this sure of its refusal', share)
    .option('--decide', 'ask the upstream which of two answers is better, and keep that one')
    .option('--budget-tokens <n>', 'tokens that first answer and revisions may have', positiveNumber)
    .option(
      '--budget-ms <n>',
      'milliseconds of an answer: images and first answer, or it is a 504, then rounds (default: 60000)',
      positiveNumber,
    )
    .option(
      '--timeout-ms <n>',
      'milliseconds of each call of upstream and critic (default: 120000)',
      positiveNumber,
    )
    .option('--retries <n>', 'further tries of a call that fails (default: 2; of the critic: 4)', wholeNumber)
    .option('--max-concurrent <n>', 'requests worked on at a time', positiveNumber, 64)
    .option('--max-queued <n>', 'requests that wait; those beyond get 429 (default: 256)', wholeNumber)
    .option('--max-body <bytes>', 'of a request (default: 20971520)', positiveNumber)
    .option(
      '--max-body-memory <bytes>',
      'of all bodies that wait or are worked on; what is beyond gets 429 (default: 268435456)',
      positiveNumber,
    )
    .option(
      '--client-timeout-ms <n>',
      'milliseconds that a client may take to send or to take each piece (default: 60000)',
      positiveNumber,
    )
    .option('--max-images <n>', 'of a request (default: 8)', wholeNumber)
    .option('--max-image-bytes <bytes>', 'of an image (default: 10485760)', positiveNumber)
    .option('--allow-image-fetch', 'fetch images by http(s) from public addresses')
    .option('--grace-ms <n>', 'milliseconds that requests have to finish at the end', wholeNumber, 30_000)
    .action(serve);
}

async function serve(options: ServeCommandOptions, command: Command): Promise<void> {
  const { upstream, upstreamModel, host, port, hostName: hostNames = [] } = options;
  const { apiKey, timeout, retries } = endpointPlace(upstream, '', options, command);
  const clientKeys = clientKeysOf(options, command);
  await checkAddress(host, port);
  const { critics, members, dispose } = await openAll(options, command);
  try {
    // Nothing listens until then: who waits for the address, or asks /healthz, finds a server that is ready.
    await warmUp(members);
    const proxy = await serveProxy({
      upstream: { baseUrl: upstream, apiKey, model: upstreamModel, timeout, retries },
      critics,
      ...limitsOf(options),
      ...{ clientKeys, host, port, hostNames, log: say },
    });
    const { url, isLocal } = proxy;
    if (clientKeys === undefined && !isLocal)
      say(`warning: whoever reaches ${host} may ask the upstream by its key; --client-key-env asks for one`);
    printResult(options, { url }, `${url} rectifies ${upstream} by ${critics[0]?.name}; Ctrl-C ends it`);
    await stopAsked();
    say('finishing what is under way; Ctrl-C again ends it at once');
    await proxy.close(options.graceMs);
  } finally {
    await dispose();
  }
}

interface OpenedCritics {
  /** Those of the command line as one, then each by its own name, for requests that name it. */
  readonly critics: readonly Critic[];
  /** Each by its own name. */
  readonly members: readonly Critic[];
  readonly dispose: () => Promise<void>;
}

async function openAll(options: ServeCommandOptions, command: Command): Promise<OpenedCritics> {
  const { upstream, upstreamModel, apiKeyEnv, criticEndpoint, criticKeyEnv } = options;
  if (criticKeyEnv !== undefined && !process.env[criticKeyEnv])
    usageError(command, `expected a key in the variable ${criticKeyEnv}, which is not set`);
  const opened = await openCritics({
    options: {
      ...options,
      ...{ model: BASE_MODEL, endpoint: upstream, concurrency: options.maxConcurrent },
      ...(upstreamModel === undefined ? {} : { endpointModel: upstreamModel }),
      // The upstream's key is for the upstream alone.
      apiKeyEnv: criticKeyEnv ?? (criticEndpoint === undefined ? apiKeyEnv : ''),
    },
    answering: { name: upstream },
    command,
  });
  if (opened === undefined) throw new Error('serve has a critic by default');
  const members = opened.members.map(({ critic }) => critic);
  const all = [{ ...opened.critic, name: opened.name }, ...members];
  const critics = all.filter(({ name }, i) => all.findIndex((each) => each.name === name) === i);
  return { critics, members, dispose: () => opened.dispose() };
}

function clientKeysOf({ clientKeyEnv }: ServeCommandOptions, command: Command): string[] | undefined {
  if (clientKeyEnv === undefined) return undefined;
  const keys = (process.env[clientKeyEnv] ?? '').split(',').map((key) => key.trim());
  if (keys.includes(''))
    usageError(command, `expected keys with commas between in the variable ${clientKeyEnv}`);
  return keys;
}

function limitsOf(options: ServeCommandOptions): Partial<ProxyOptions> {
  const { rounds, budgetMs, maxConcurrent, maxQueued, maxBody, maxImages, maxImageBytes } = options;
  const { whileSure, decide, budgetTokens } = options;
  const { allowImageFetch, maxBodyMemory, clientTimeoutMs: clientTimeout } = options;
  return {
    ...{ rounds, budgetMs, maxConcurrent, maxQueued, allowImageFetch, clientTimeout },
    ...{ maxBody, maxBodyMemory, maxImages, maxImageBytes },
    ...{ whileSure, decide, budgetTokens },
  };
}

/** Resolves at the first Ctrl-C or SIGTERM; the next one ends the process. */
function stopAsked(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
  });
}
