import pLimit from 'p-limit';
import { cacheKey, createJsonCache } from '../json-cache.js';
import { type ChatReply, chatReplySchema, createChatEndpoint } from './chat-endpoint.js';
import { ChatFailure, mayBeBilled } from './chat-failure.js';
import type { DescribeRun } from './describe-run.js';
import { DESCRIBER_PROMPT_VERSION, type DescriberPrompt } from './describer-prompt.js';
import { BudgetSpent, Ledger, type TokenCount } from './ledger.js';
import type { DescriberSettings } from './llm-describer-options.js';
import { withRetries } from './with-retries.js';

/** One question about a region. */
export interface RegionQuestion {
  readonly prompt: DescriberPrompt;
  /** Which try of the region this is, from 0: a model that is asked again is asked, not remembered. */
  readonly attempt: number;
  readonly picture?: { readonly identity: unknown; readonly dataUrl: () => Promise<string> };
}

/** Replies by cache or endpoint. */
export type AskModel = (question: RegionQuestion, run: DescribeRun) => Promise<ChatReply>;

/** Generous: English text has about four bytes a token, other scripts two to three. */
const BYTES_A_TOKEN = 2;
/** The frame of a chat's messages. */
const FRAME_TOKENS = 32;
/** Generous: a picture of 512 pixels takes 255 (GPT-4o), about 330 (Qwen2-VL), up to 2,880 (LLaVA-NeXT). */
const PICTURE_TOKENS = 3000;

/**
 * The way of a question: an equal one under way, the cache, or the endpoint, with retries and within the budget.
 *
 * @returns throws ChatFailure, BudgetSpent, RunStopped, FgamError, or the signal's reason
 */
export function createAskModel(settings: DescriberSettings): AskModel {
  const { model, endpoint, sampling, retry, clock, maxFailures } = settings;
  const limit = pLimit(settings.concurrency);
  const cache =
    settings.cache === undefined
      ? undefined
      : createJsonCache('createLlmDescriber', settings.cache, chatReplySchema);
  const ledger = new Ledger(settings.budget, settings.prices);
  const chat = createChatEndpoint({ ...settings, now: clock.now });

  const send = async ({ prompt, picture }: RegionQuestion, run: DescribeRun): Promise<ChatReply> => {
    run.throwIfEnded();
    const image = await picture?.dataUrl();
    const most = mostTokens(prompt, sampling.maxTokens, image !== undefined);
    const once = async (attempt: number): Promise<ChatReply> => {
      run.throwIfEnded();
      const settle = ledger.reserve(most);
      run.meter.count('requests');
      if (attempt > 0) run.meter.count('retries');
      const pay = (tokens: TokenCount | undefined): void => {
        settle(tokens ?? most);
        run.meter.pay(tokens ?? most);
        if (!tokens) run.meter.count('estimated');
      };
      try {
        const question = { ...prompt, model, sampling, ...(image === undefined ? {} : { image }) };
        const reply = await chat(question, run.signal);
        pay(reply.tokens);
        return reply;
      } catch (error) {
        const isFree = error instanceof ChatFailure && !mayBeBilled(error.kind);
        pay(isFree ? { prompt: 0, completion: 0 } : undefined);
        throw error;
      }
    };
    try {
      const reply = await withRetries(once, retry, clock, run.waiting);
      run.succeeded();
      return reply;
    } catch (error) {
      if (error instanceof BudgetSpent) run.giveUp('budget', error.message);
      else if (error instanceof ChatFailure && error.kind === 'denied') run.giveUp('endpoint', error.message);
      // A request that is refused for what it asks tells nothing of the next.
      else if (error instanceof ChatFailure && error.kind !== 'refused')
        run.failed(error.message, maxFailures);
      throw error;
    }
  };

  const find = async (key: string, question: RegionQuestion, run: DescribeRun): Promise<ChatReply> => {
    const known = await cache?.read(key);
    if (known) {
      run.meter.count('cached');
      return known;
    }
    const reply = await limit(() => send(question, run));
    await cache?.write(key, reply);
    return reply;
  };

  return (question, run) => {
    const { prompt, attempt, picture } = question;
    const version = DESCRIBER_PROMPT_VERSION;
    const key = cacheKey('fgam-describer', {
      ...{ endpoint, model, version, sampling, prompt, attempt },
      picture: picture?.identity,
    });
    const pending = run.pending.get(key);
    if (pending) {
      run.meter.count('cached');
      return pending;
    }
    const found = find(key, question, run);
    run.pending.set(key, found);
    const settle = (): boolean => run.pending.delete(key);
    found.then(settle, settle);
    return found;
  };
}

function mostTokens(prompt: DescriberPrompt, completion: number, hasPicture: boolean): TokenCount {
  const bytes = Buffer.byteLength(prompt.system) + Buffer.byteLength(prompt.user);
  const text = Math.ceil(bytes / BYTES_A_TOKEN) + FRAME_TOKENS;
  return { prompt: text + (hasPicture ? PICTURE_TOKENS : 0), completion };
}
