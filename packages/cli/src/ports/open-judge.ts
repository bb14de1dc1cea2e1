import { createRecordingJudge, createReplayJudge, type JudgeModel } from '@fgam/bench';
import { FgamError, type Judge } from '@fgam/data';
import OpenAI, { APIUserAbortError } from 'openai';
import { z } from 'zod';

/** How a judge is named on the command line. */
export interface JudgeOptions {
  readonly judge?: string;
  readonly judgeModel?: string;
  readonly judgeRecord?: string;
  readonly judgeReplay?: string;
  /** File of an official prompt, in place of this project's own wording. */
  readonly judgePrompt?: string;
}

/** Where the endpoint's key is read from: no key stands in a command line. */
export const KEY_VARIABLE = 'FGAM_API_KEY';

/**
 * Judges decide by temperature 0, as in the official scripts; the longest official answers
 * are a few hundred tokens.
 */
const PARAMETERS = { temperature: 0, max_tokens: 1024 } as const;

/** Tries after the first, with growing waits, of what the client deems worth it (429, 5xx, a lost connection). */
const RETRIES = 5;
/** Milliseconds. */
const TIMEOUT = 120_000;

const completionSchema = z.object({
  model: z.string().min(1),
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
});

/** What is wrong with the judge's options, in words; undefined where nothing is. */
export function judgeFault({
  judge,
  judgeModel,
  judgeRecord,
  judgeReplay,
}: JudgeOptions): string | undefined {
  if (judge === undefined) {
    if (judgeRecord !== undefined) return '--judge-record needs --judge, the endpoint that is recorded';
    return judgeModel !== undefined && judgeReplay === undefined
      ? '--judge-model needs --judge or --judge-replay'
      : undefined;
  }
  if (judgeReplay !== undefined) return '--judge and --judge-replay exclude each other';
  return judgeModel === undefined || judgeRecord === undefined
    ? '--judge needs --judge-model and --judge-record: judgements are stored, so that a score can be replayed'
    : undefined;
}

/** The judge that the options name; undefined where they name none. */
export function openJudge(options: JudgeOptions): Promise<Judge | undefined> {
  const { judge, judgeModel, judgeRecord, judgeReplay } = options;
  if (judgeReplay !== undefined) return createReplayJudge(judgeReplay, judgeModel);
  if (judge === undefined || judgeModel === undefined || judgeRecord === undefined)
    return Promise.resolve(undefined);
  return createRecordingJudge(judgeRecord, openEndpoint(judge, judgeModel));
}

/**
 * A model behind an OpenAI-compatible endpoint.
 *
 * Nothing of the environment but the key's own variable reaches the endpoint: no key, organization or project
 * that is meant for another.
 */
function openEndpoint(baseURL: string, model: string): JudgeModel {
  const client = new OpenAI({
    baseURL,
    apiKey: process.env[KEY_VARIABLE] ?? 'none',
    ...{ adminAPIKey: null, organization: null, project: null },
    ...{ timeout: TIMEOUT, maxRetries: RETRIES, logLevel: 'off' },
  });
  return {
    model,
    parameters: PARAMETERS,
    async ask(prompt, signal) {
      const parsed = completionSchema.safeParse(await complete(prompt, signal));
      if (!parsed.success) throw judgeFailed(baseURL, 'a reply that is no chat completion');
      const [choice] = parsed.data.choices;
      return { text: choice?.message.content ?? '', answeredBy: parsed.data.model };
    },
  };

  async function complete(prompt: string, signal: AbortSignal | undefined): Promise<unknown> {
    try {
      return await client.chat.completions.create(
        { model, messages: [{ role: 'user', content: prompt }], ...PARAMETERS },
        signal === undefined ? {} : { signal },
      );
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof APIUserAbortError || !(error instanceof Error)) throw error;
      throw judgeFailed(baseURL, error.message, error);
    }
  }
}

function judgeFailed(baseURL: string, said: string, cause?: Error): FgamError<'fgam/judge-failed'> {
  return new FgamError<'fgam/judge-failed'>(
    'fgam/judge-failed',
    `${baseURL}: expected a judgement, got: ${said}; what was answered before is stored, the same command goes on`,
    { cause },
  );
}
