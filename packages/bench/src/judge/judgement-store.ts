import { join } from 'node:path';
import { parseJson } from '@fgam/data';
import { z } from 'zod';
import { benchError } from '../error.js';
import { openLineLog } from '../line-log.js';
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
  const log = await openLineLog(file);
  const judgements = new Map<string, Judgement>();
  for (const [index, line] of log.lines.entries()) {
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
  return {
    judgements,
    add(judgement) {
      judgements.set(judgement.key, judgement);
      return log.append(judgement);
    },
  };
}
