import { boundedFetch, FgamError } from '@fgam/data';
import OpenAI from 'openai';
import { z } from 'zod';
import type { EndpointPlace } from './model-options.js';

/** Longest list of models that is read. */
const MAX_BYTES = 2 ** 22;
/** Names in a message. */
const SHOWN = 8;
/** Characters of an endpoint's own words in a message. */
const MOST_WORDS = 300;

const listSchema = z.object({ data: z.array(z.object({ id: z.string().min(1) })) });

/**
 * The one model that an OpenAI-compatible endpoint serves, as its `/models` says.
 *
 * @throws FgamError `fgam/no-model` where it lists none or several, or gives no list: the message names them
 */
export async function onlyModel(place: Omit<EndpointPlace, 'model'>): Promise<string> {
  const parsed = listSchema.safeParse(await askModels(place));
  if (!parsed.success) throw noModel(place, 'something other than a list of models');
  const names = parsed.data.data.map(({ id }) => id);
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  const shown = names.slice(0, SHOWN).map((name) => JSON.stringify(name));
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  throw noModel(place, names.length === 0 ? 'none' : `${shown.join(', ')}${more}`);
}

/** Through the `openai` client, to which nothing of the environment is handed but the key of this endpoint. */
async function askModels(place: Omit<EndpointPlace, 'model'>): Promise<unknown> {
  const { baseUrl, apiKey, timeout, retries } = place;
  const client = new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none',
    ...{ adminAPIKey: null, organization: null, project: null, logLevel: 'off' },
    ...(timeout === undefined ? {} : { timeout }),
    ...(retries === undefined ? {} : { maxRetries: retries }),
    fetch: boundedFetch(MAX_BYTES),
  });
  try {
    return await client.get<unknown>('/models');
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Without its cause: some servers echo the key.
    throw noModel(place, wordsOf(error.message, apiKey));
  }
}

/** An endpoint's words for a terminal: on one line, without the key, and the end of long ones. */
function wordsOf(message: string, apiKey: string | undefined): string {
  const safe = apiKey === undefined ? message : message.replaceAll(apiKey, '***');
  return safe.replaceAll(/\p{C}+/gu, ' ').slice(0, MOST_WORDS);
}

function noModel({ baseUrl }: Pick<EndpointPlace, 'baseUrl'>, got: string): FgamError<'fgam/no-model'> {
  return new FgamError<'fgam/no-model'>(
    'fgam/no-model',
    `expected one model in the list of ${baseUrl}/models, which the critic llm would take, ` +
      `got ${got}; choose with --critic-model`,
  );
}
