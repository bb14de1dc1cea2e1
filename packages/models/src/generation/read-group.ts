import type { HostTensor } from '@fgam/compile';
import type { LanguageConfig } from '../config.js';
import type { TokenScores } from './choose-token.js';
import type { DecodingPrograms } from './decoding-programs.js';
import { int32Zeros } from './host-zeros.js';
import { type CacheRow, createKeyValueCache } from './key-value-cache.js';
import type { Reading, ReadingGroup } from './reading-group.js';
import { roundUp } from '../batch-size.js';
import { splicedInputs } from './spliced-inputs.js';
import { tokenScores } from './token-scores.js';

type Tensors = Readonly<Record<string, HostTensor>>;

/** Prompts read together at most; those of more tokens than the limit keep all threads busy alone. */
const TOGETHER = 8;
const LONG_PROMPT = 256;
/** Visual tokens a row are padded to multiples of this. */
const VISUAL_UNIT = 16;

/** What came of a prompt that was read. */
export interface ReadPrompt {
  readonly reading: Reading;
  /** Keys and values of what was read. */
  readonly entries: CacheRow;
  /** What the model says after the prompt and so many tokens of its draft. */
  readonly scoresAfter: (count: number) => TokenScores;
}

/** What {@link readGroup} reads with. */
export interface ReadingModel {
  readonly config: LanguageConfig;
  readonly imageTokenId: number;
  readonly programs: Pick<DecodingPrograms, 'read'>;
}

/** Reads the prompts of a group, some at a time, and hands on each batch before it reads the next. */
export async function* readGroup(
  model: ReadingModel,
  group: ReadingGroup,
  maxBatch: number,
): AsyncGenerator<readonly ReadPrompt[]> {
  const together = group.length > LONG_PROMPT ? 1 : Math.min(TOGETHER, maxBatch);
  const left = [...group.readings];
  while (left.length > 0) {
    // Half a batch of padding costs more than reading one after another.
    const batch = left.length > together / 2 ? together : 1;
    yield await readBatch(model, group, left.splice(0, batch), batch);
  }
}

async function readBatch(
  { config, imageTokenId, programs }: ReadingModel,
  { room, length, picks: picked }: ReadingGroup,
  readings: readonly Reading[],
  batch: number,
): Promise<readonly ReadPrompt[]> {
  const rows = readings.map(({ row, start }) => ({
    ids: [...row.ids, ...row.draft],
    visual: row.visual,
    start,
  }));
  const counts = rows.map(({ visual }) => visual.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0));
  const visual = batch * roundUp(Math.max(1, ...counts), VISUAL_UNIT);
  const {
    slots,
    visual: seen,
    ...texts
  } = splicedInputs(rows, imageTokenId, config, { batch, length, visual });
  const isSpliced = slots.data.some((slot) => slot > 0);
  const picks = int32Zeros([batch * picked]);
  for (const [at, { ids, start }] of rows.entries()) {
    const first = readings[at]?.row.ids.length ?? 1;
    for (let i = 0; i < picked; i++)
      picks.data[at * picked + i] = at * length + Math.min(first + i, ids.length) - 1 - start;
  }
  const { logprobs, best, ...entries } = await programs.read({
    ...texts,
    ...(isSpliced ? { slots, visual: seen } : {}),
    ...before(config, readings, batch, room),
    picks,
  });
  const scores = tokenScores(logprobs, best);
  return readings.map((reading, at) => ({
    reading,
    entries: { tensors: entries, row: at },
    scoresAfter: (count) => scores(at * picked + count),
  }));
}

/** Keys and values of what comes before, and how many they are where they do not fill the room. */
function before(config: LanguageConfig, readings: readonly Reading[], batch: number, room: number): Tensors {
  if (room === 0) return {};
  const cache = createKeyValueCache(config, batch, room);
  const lengths = int32Zeros([batch]);
  for (const [at, { source, start }] of readings.entries()) {
    if (source !== undefined) cache.write(at, 0, start, source);
    lengths.data[at] = start;
  }
  const isFull = readings.every(({ start }) => start === room);
  return isFull ? cache.tensors : { ...cache.tensors, lengths };
}
