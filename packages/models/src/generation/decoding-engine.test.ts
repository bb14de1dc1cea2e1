import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPretrained } from '../checkpoint/load-pretrained.js';
import { visualRows } from '../families/hidden-states.test-support.js';
import { readTinyCheckpoint } from '../families/tiny-checkpoint.test-support.js';
import { maxDifference, microConfig, randomTensor, randomWeights, uniforms } from '../test-support.js';
import type { TokenScores } from './choose-token.js';
import { createDecodingEngine, type DecodingEngine, type DecodingEngineOptions } from './decoding-engine.js';
import type { DecodedModel } from './decoding-programs.js';
import type { DecodingPrompt, DecodingRow } from './decoding-row.js';
import { createIdentities } from './identities.js';
import { createKeyValueCache } from './key-value-cache.js';
import type { ModelRequest } from './model-request.js';
import { promptUnits } from './prompt-units.js';
import { createSequence, type Sequence } from './sequence.js';

/** Two best logits nearer than this may change places by rounding. */
const NEAR = 1e-4;

type EngineModel = DecodedModel & { readonly imageTokenId: number };

/** A model with prompts of its images, which are continued by tokens of text. */
interface Subject {
  readonly model: EngineModel;
  readonly prompts: readonly DecodingPrompt[];
}

async function ofFixture(name: string): Promise<Subject> {
  const tiny = await readTinyCheckpoint(name);
  const { family, weights } = await loadPretrained(tiny.folder);
  const { config, imageTokenId } = family;
  const identityOf = createIdentities();
  const prompts = Object.entries(tiny.cases).map(([each, { input_ids: ids }]): DecodingPrompt => {
    const visual = visualRows(tiny, each);
    return { ids, visual, units: promptUnits(ids, imageTokenId, visual, identityOf) };
  });
  return { model: { weights, config, imageTokenId }, prompts };
}

/**
 * A compact model whose images are keys and values before the text; heads of 4, whose
 * attention is composed, or of 16.
 */
function compact(width: number): Subject {
  const config = microConfig({ text_config: { hidden_size: width, tie_word_embeddings: false } });
  const model = { config, weights: randomWeights(config, 5), imageTokenId: config.image_token_index };
  const prompts = [0, 1, 2].map((image): DecodingPrompt => {
    const length = image === 0 ? 0 : 4;
    const { tensors } = createKeyValueCache(config, 1, length);
    for (const [i, { shape, data }] of Object.values(tensors).entries())
      if (length > 0) data.set(randomTensor(shape, 10 * image + i).dataSync());
    const units = [...new Array<number>(length).fill(-image), 4, 5];
    return {
      ids: units.map((unit) => Math.max(0, unit)),
      visual: [],
      units,
      prefix: length === 0 ? undefined : { tensors, length },
    };
  });
  return { model, prompts };
}

/** A sequence that remembers how near the two best logits came to each other. */
function watched(sequence: Sequence): Sequence & { readonly gap: number } {
  let gap = Number.POSITIVE_INFINITY;
  const look = (scores: TokenScores) => {
    let [first, second] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const logprob of Array.from(scores.logprobs))
      if (logprob > first) [first, second] = [logprob, first];
      else if (logprob > second) second = logprob;
    gap = Math.min(gap, first - second);
    return scores;
  };
  return {
    request: sequence.request,
    tokens: sequence.tokens,
    get done() {
      return sequence.done;
    },
    get gap() {
      return gap;
    },
    accept: (scores) => sequence.accept(look(scores)),
    verify: (draft, scoresAfter) => sequence.verify(draft, (count) => look(scoresAfter(count))),
    result: () => sequence.result(),
  };
}

interface Case {
  readonly prompt: DecodingPrompt;
  readonly maxTokens: number;
  readonly draft?: readonly number[];
  readonly guess?: DecodingRow['guess'];
  readonly more?: Partial<ModelRequest>;
}

/** Ends with every seventh token, so that rows end at different times. */
function rowOf({ prompt, maxTokens, draft = [], guess, more }: Case) {
  const request: ModelRequest = { prompt: '', maxTokens, draft, ...more };
  const meaning = {
    isAllowed: () => true,
    isEnd: (token: number) => token % 7 === 3,
    decode: (tokens: readonly number[]) => tokens.map((token) => `<${token}>`).join(''),
  };
  return {
    ...prompt,
    draft: draft.slice(0, maxTokens - 1),
    guess,
    sequence: watched(createSequence(request, meaning)),
  } satisfies DecodingRow;
}

async function decoded(engine: DecodingEngine, cases: readonly Case[]) {
  const rows = cases.map(rowOf);
  await engine.decode(rows, undefined);
  return rows.map(({ sequence }) => ({ ...sequence.result(), gap: sequence.gap }));
}

/** One of each language model: those of the other checkpoints are tiny-llava's, and the engine sees no more of them. */
const CHECKPOINTS = ['tiny-llava', 'tiny-llava-4x', 'tiny-qwen2-vl'] as const;
const subjects: readonly (readonly [string, () => Promise<Subject>])[] = [
  ...CHECKPOINTS.map((name) => [name, () => ofFixture(name)] as const),
  ['compact, heads of 4', async () => compact(8)],
  ['compact, heads of 16', async () => compact(32)],
];
const RANDOM_CASES = 1000 / subjects.length;
const drafts = { cases: 0, near: 0, proposed: 0, accepted: 0 };
const edits = { cases: 0, near: 0, tokens: 0, before: 0, accepted: 0 };

describe.each(subjects)('createDecodingEngine, %s', (_, open) => {
  const options: DecodingEngineOptions = { maxBatch: 4, promptCacheBytes: 0 };
  let subject: Subject;
  let engine: DecodingEngine;
  /** Takes up whatever is proposed. */
  let eager: DecodingEngine;
  let uniform: () => number;
  beforeAll(async () => {
    subject = await open();
    engine = createDecodingEngine(subject.model, options);
    eager = createDecodingEngine(subject.model, { maxBatch: 32, promptCacheBytes: 0, worth: 1 });
    uniform = uniforms(3);
  });
  afterAll(async () => {
    await engine.dispose();
    await eager.dispose();
  });

  const whole = (below: number) => Math.floor(below * uniform());
  const words = (count: number) =>
    Array.from({ length: count }, () => 4 + whole(subject.model.config.text_config.vocab_size - 24));
  const longer = (prompt: DecodingPrompt, text: readonly number[]): DecodingPrompt => ({
    ...prompt,
    ids: [...prompt.ids, ...text],
    units: [...prompt.units, ...text],
  });
  const some = (): DecodingPrompt => {
    const { prompts } = subject;
    return longer(prompts[whole(prompts.length)] as DecodingPrompt, words(1 + whole(12)));
  };

  it('decodes many of different length in few rows as one by one', async () => {
    const cases = Array.from({ length: 18 }, (): Case => ({ prompt: some(), maxTokens: 1 + whole(24) }));
    const alone = [];
    for (const each of cases) alone.push(...(await decoded(engine, [each])));
    const { steps } = engine.stats;
    const together = await decoded(engine, cases);
    for (const [i, { tokens, logprobs, finish, gap }] of alone.entries()) {
      expect(gap).toBeGreaterThan(NEAR);
      expect(together[i]).toMatchObject({ tokens, finish });
      expect(maxDifference(together[i]?.logprobs ?? [], logprobs)).toBeLessThan(1e-4);
    }
    expect(new Set(alone.map(({ tokens }) => tokens.length)).size).toBeGreaterThan(4);
    // Rows that end do not wait for those beside them: in batches of 4 as they come there would be as many
    // steps as the longest of each has tokens.
    const taken = engine.stats.steps - steps;
    const lengths = alone.map(({ tokens }) => tokens.length - 1);
    const inBatches = [0, 4, 8, 12, 16].reduce((sum, at) => sum + Math.max(...lengths.slice(at, at + 4)), 0);
    expect(taken).toBeLessThan(inBatches);
    expect(taken).toBeGreaterThanOrEqual(Math.max(...lengths));
  });

  it('reads what prompts have in common once: samples, questions about one image, rounds', async () => {
    const sharing = createDecodingEngine(subject.model, { maxBatch: 4, promptCacheBytes: 2 ** 24 });
    const common = longer(subject.prompts[1] as DecodingPrompt, words(70));
    const samples = [1, 2, 3, 4, 5, 6].map(
      (seed): Case => ({ prompt: common, maxTokens: 6, more: { temperature: 1, seed } }),
    );
    const apart = [];
    for (const each of samples) apart.push(...(await decoded(engine, [each])));
    const sampled = await decoded(sharing, samples);
    expect(sampled.map(({ tokens }) => tokens)).toEqual(apart.map(({ tokens }) => tokens));
    expect(new Set(apart.map(({ tokens }) => String(tokens))).size).toBeGreaterThan(3);
    const before = common.prefix?.length ?? 0;
    const length = common.ids.length - before;
    // Four at once; two more, which begin as those do.
    expect(sharing.stats.promptTokens).toBe(6 * common.ids.length);
    expect(sharing.stats.readTokens).toBeLessThan(2 * length);

    const { readTokens } = sharing.stats;
    const questions = [1, 2, 3].map(
      (count): Case => ({ prompt: longer(common, words(count)), maxTokens: 5 }),
    );
    const [first] = await decoded(sharing, [{ prompt: common, maxTokens: 9 }]);
    const round = longer(common, [...(first?.tokens ?? []), ...words(3)]);
    const asked: Case[] = [...questions, { prompt: round, maxTokens: 8 }];
    const found = await decoded(sharing, asked);
    const plain = [];
    for (const each of asked) plain.push(...(await decoded(engine, [each])));
    for (const [i, { tokens, gap }] of plain.entries()) {
      expect(gap).toBeGreaterThan(NEAR);
      expect(found[i]?.tokens).toEqual(tokens);
    }
    expect(sharing.stats.readTokens - readTokens).toBeLessThan(5 * 64 + 5 * (length - 64));
    await sharing.dispose();
  });

  it('says with a draft what it says without', async () => {
    const wide = createDecodingEngine(subject.model, { maxBatch: 32, promptCacheBytes: 0 });
    const cases = Array.from(
      { length: RANDOM_CASES },
      (): Case => ({ prompt: some(), maxTokens: 1 + whole(24) }),
    );
    const plain = await decoded(wide, cases);
    const drafted = cases.map((each, i): Case => {
      const { tokens = [] } = plain[i] ?? {};
      const kept = tokens.slice(0, whole(tokens.length + 1));
      // All of the answer, some of it and then another, or nothing of it.
      return { ...each, draft: [...kept, ...words(whole(6))] };
    });
    const found = await decoded(wide, drafted);
    await wide.dispose();
    for (const [i, { tokens, logprobs, text, finish, gap }] of plain.entries()) {
      drafts.cases += 1;
      if (gap < NEAR) {
        drafts.near += 1;
        continue;
      }
      const { draft = [], maxTokens } = drafted[i] as Case;
      expect(found[i]).toMatchObject({ tokens, text, finish });
      expect(maxDifference(found[i]?.logprobs ?? [], logprobs)).toBeLessThan(1e-4);
      const proposed = draft.slice(0, maxTokens - 1);
      const wrong = proposed.findIndex((token, at) => tokens[at] !== token);
      expect(found[i]?.acceptedTokens).toBeGreaterThanOrEqual(wrong < 0 ? proposed.length : wrong);
      drafts.proposed += proposed.length;
      drafts.accepted += found[i]?.acceptedTokens ?? 0;
    }
    expect(wide.stats.draftTokens).toBeGreaterThan(wide.stats.acceptedTokens);
    expect(wide.stats.acceptedTokens).toBeGreaterThan(0);
  });

  it('takes a draft up again behind what differs, and says what it says without', async () => {
    const cases = Array.from(
      { length: RANDOM_CASES },
      (): Case => ({ prompt: some(), maxTokens: 8 + whole(40) }),
    );
    const plain = await decoded(eager, cases);
    const { steps } = eager.stats;
    const drafted = cases.map((each, i): Case => ({ ...each, draft: edited(plain[i]?.tokens ?? []) }));
    const found = await decoded(eager, drafted);
    // Alone, the rows wait for no other.
    for (const each of drafted.slice(0, 12)) found.push(...(await decoded(eager, [each])));
    const wanted = [...plain, ...plain.slice(0, 12)];
    for (const [i, { tokens, logprobs, text, finish, gap }] of wanted.entries()) {
      edits.cases += i < cases.length ? 1 : 0;
      if (gap < NEAR) {
        edits.near += i < cases.length ? 1 : 0;
        continue;
      }
      expect(found[i]).toMatchObject({ tokens, text, finish });
      expect(maxDifference(found[i]?.logprobs ?? [], logprobs)).toBeLessThan(1e-4);
      if (i >= cases.length) continue;
      const draft = drafted[i]?.draft ?? [];
      const wrong = draft.findIndex((token, at) => tokens[at] !== token);
      edits.tokens += tokens.length;
      edits.before += wrong < 0 ? Math.min(draft.length, tokens.length) : wrong;
      edits.accepted += found[i]?.acceptedTokens ?? 0;
    }
    expect(eager.stats.steps - steps).toBeGreaterThan(0);
  });

  it('tries what is guessed of the answer so far, right or wrong, and says what it says without', async () => {
    const cases = Array.from({ length: 24 }, (): Case => ({ prompt: some(), maxTokens: 8 + whole(40) }));
    const plain = await decoded(eager, cases);
    const guessing = cases.map((each, i): Case => {
      const { tokens = [] } = plain[i] ?? {};
      const guess = (said: readonly number[]) => {
        const next = tokens.slice(said.length, said.length + 6);
        return said.length % 3 === 0 ? [...next.slice(0, 1), ...words(3)] : next;
      };
      // A draft that is not to be taken up again is in its way.
      return { ...each, guess, draft: [...words(2), ...tokens] };
    });
    const found = await decoded(eager, guessing);
    for (const [i, { tokens, text, finish, gap }] of plain.entries())
      if (gap >= NEAR) expect(found[i]).toMatchObject({ tokens, text, finish });
    const taken = found.reduce((sum, { acceptedTokens = 0 }) => sum + acceptedTokens, 0);
    expect(taken).toBeGreaterThan(8);
  });

  /** An answer with one to three tokens changed, left out or added in it. */
  function edited(tokens: readonly number[]): number[] {
    let draft = [...tokens];
    for (let edit = 0; edit <= whole(3); edit++) {
      const at = whole(draft.length);
      draft = [...draft.slice(0, at), ...words(whole(3)), ...draft.slice(at + whole(2))];
    }
    return draft;
  }

  it('stops between two steps when it is aborted, and goes on with the next call', async () => {
    const abort = new AbortController();
    const rows = Array.from({ length: 6 }, () => rowOf({ prompt: some(), maxTokens: 200 }));
    const [first] = rows as [ReturnType<typeof rowOf>];
    const patient: DecodingRow = {
      ...first,
      sequence: {
        request: first.sequence.request,
        tokens: first.sequence.tokens,
        done: false,
        accept(scores) {
          first.sequence.accept(scores);
          if (first.sequence.tokens.length === 5) abort.abort(new Error('enough'));
        },
        verify: (draft, scoresAfter) => first.sequence.verify(draft, scoresAfter),
        result: () => first.sequence.result(),
      },
    };
    await expect(engine.decode([patient, ...rows.slice(1)], abort.signal)).rejects.toThrow('enough');
    expect(first.sequence.tokens).toHaveLength(5);
    const each: Case = { prompt: some(), maxTokens: 6 };
    const [again] = await decoded(engine, [each]);
    const fresh = createDecodingEngine(subject.model, options);
    const [wanted] = await decoded(fresh, [each]);
    await fresh.dispose();
    expect(again).toEqual(wanted);
  });
});

it('tried a thousand drafts, few of them near a tie', () => {
  expect(drafts.cases).toBe(1000);
  expect(drafts.near).toBeLessThan(20);
});

it('tried a thousand edited drafts, of which more was taken than comes before the first edit', () => {
  expect(edits.cases).toBe(1000);
  expect(edits.near).toBeLessThan(50);
  expect(edits.accepted).toBeGreaterThan(1.2 * edits.before);
});
