import { appendFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, parseJson, readTextIfThere } from '@fgam/data';
import { z } from 'zod';
import { benchError } from '../error.js';
import { judgeKey } from './judge-key.js';

/** The file in a folder of judgements. */
const FILE = 'judgements.jsonl';

const judgementSchema = z.object({
  /** `judgeKey` of what follows. */
  key: z.string(),
  model: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  answeredBy: z.string(),
  prompt: z.string(),
  answer: z.string(),
});

/** A request to a judge with its answer. */
export type Judgement = z.infer<typeof judgementSchema>;

/** Judgements of a folder, by key. */
export interface JudgementStore {
  readonly judgements: ReadonlyMap<string, Judgement>;
  /** Appends one to the file. Calls are written one after another. */
  readonly add: (judgement: Judgement) => Promise<void>;
}

/**
 * Opens a folder of judgements: `judgements.jsonl`, a request and its answer a line. A last line that a killed process left unfinished is
 * cut off.
 *
 * @throws FgamError `bench/bad-input` where a line is no judgement or its key is not that of its request; `data/bad-json`
 */
export async function openJudgements(folder: string): Promise<JudgementStore> {
  const file = join(folder, FILE);
  const text = (await readTextIfThere(file)) ?? '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const judgements = new Map<string, Judgement>();
  for (const [index, line] of whole.split('\n').slice(0, -1).entries()) {
    const parsed = judgementSchema.safeParse(
      parseJson(line, file, { line: index + 1, column: 1, byteOffset: 0 }),
    );
    if (!parsed.success || parsed.data.key !== judgeKey(parsed.data, parsed.data.prompt))
      throw benchError(
        'bench/bad-input',
        `${file}:${index + 1}: expected a judgement under the hash of its request, got another; the file was changed by hand, record it again`,
      );
    judgements.set(parsed.data.key, parsed.data);
  }
  let writing = Promise.resolve();
  let isReady = false;
  const prepare = async (): Promise<void> => {
    if (isReady) return;
    await makeFolder(folder);
    if (whole.length < text.length) await truncate(file, Buffer.byteLength(whole));
    isReady = true;
  };
  return {
    judgements,
    add(judgement) {
      judgements.set(judgement.key, judgement);
      writing = writing.then(async () => {
        await prepare();
        await appendFile(file, `${JSON.stringify(judgement)}\n`);
      });
      return writing;
    },
  };
}
