import type { GenerateRequest, Generation } from '@fgam/data';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { modelsError } from '../error.js';
import type { FgamModel } from '../model.js';
import { visionGrid } from '../vision-grid.js';
import { chooseToken } from './choose-token.js';

/** One request on its way: its prompt, what is generated so far, and its own random stream. */
export interface Sequence {
  readonly request: GenerateRequest;
  readonly prompt: readonly number[];
  /** Tokens generated so far; the last one is not in the cache yet. */
  readonly tokens: readonly number[];
  readonly done: boolean;
  /** Takes the logits after the last token and chooses the next. */
  accept(logits: ArrayLike<number>): void;
  result(): Generation;
}

/** Begins a request. @throws FgamError `models/bad-request` that names every fault of the request */
export function createSequence(model: FgamModel, request: GenerateRequest, index: number): Sequence {
  const { tokenizer, config } = model;
  const prompt = promptTokens(model, request, index);
  const random = xoroshiro128plus(request.seed ?? 0);
  const stops = request.stop ?? [];
  const tokens: number[] = [];
  const logprobs: number[] = [];
  let text: string | undefined;
  let finish: Generation['finish'] | undefined;
  const allowed = (token: number) =>
    token < tokenizer.size && token !== tokenizer.padId && token !== config.image_token_index;
  return {
    request,
    prompt,
    tokens,
    get done() {
      return finish !== undefined;
    },
    accept(logits) {
      const chosen = chooseToken(logits, allowed, request.temperature ?? 0, () => uniformFloat64(random));
      tokens.push(chosen.token);
      logprobs.push(chosen.logprob);
      if (chosen.token === tokenizer.eosId) finish = 'stop';
      else if (tokens.length >= request.maxTokens) finish = 'length';
      if (stops.length === 0) return;
      const cut = cutAtStop(tokenizer.decode(tokens), stops);
      if (cut === undefined) return;
      text = cut;
      finish = 'stop';
      while (tokenizer.decode(tokens).length > cut.length) {
        tokens.pop();
        logprobs.pop();
      }
    },
    result: () => ({
      text: text ?? tokenizer.decode(tokens),
      tokens: [...tokens],
      logprobs: [...logprobs],
      finish: finish ?? 'length',
    }),
  };
}

/** The text before the first stop text; undefined when none is in it. */
function cutAtStop(text: string, stops: readonly string[]): string | undefined {
  const starts = stops.map((stop) => text.indexOf(stop)).filter((start) => start >= 0);
  return starts.length === 0 ? undefined : text.slice(0, Math.min(...starts)).trimEnd();
}

function promptTokens({ tokenizer, config }: FgamModel, request: GenerateRequest, index: number): number[] {
  const { prompt, image, maxTokens, temperature = 0, seed = 0, stop = [] } = request;
  const all = tokenizer.encode(prompt);
  const startsWithImage = all[0] === config.image_token_index;
  const tokens = startsWithImage ? all.slice(1) : all;
  const faults: string[] = [];
  if (tokens.length === 0) faults.push('expected a prompt with words, got none');
  if (startsWithImage && image === undefined)
    faults.push('expected an image for the <image> in the prompt, got none');
  if (tokens.includes(config.image_token_index)) {
    faults.push(
      'expected <image> at the start of the prompt or not at all; this model reads the image first',
    );
  }
  if (!Number.isInteger(maxTokens) || maxTokens < 1) faults.push(`expected maxTokens >= 1, got ${maxTokens}`);
  if (!(temperature >= 0 && Number.isFinite(temperature))) {
    faults.push(`expected temperature >= 0, got ${temperature}`);
  }
  if (!Number.isInteger(seed)) faults.push(`expected a whole seed, got ${seed}`);
  if (stop.includes('')) faults.push('expected stop texts with at least one character, got an empty one');
  const room = config.text_config.max_position_embeddings - visionGrid(config).visualTokens;
  if (tokens.length + maxTokens > room) {
    faults.push(`expected prompt and maxTokens to fit ${room} tokens, got ${tokens.length} + ${maxTokens}`);
  }
  if (faults.length > 0) {
    throw modelsError('models/bad-request', `generate: request ${index}: ${faults.join('; ')}`);
  }
  return tokens;
}
