import { join } from 'node:path';
import { z } from 'zod';
import { type KeyedLog, openKeyedLog } from '../keyed-log.js';
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

/**
 * Opens a folder of judgements: `judgements.jsonl`, a request and its answer a line. A last line that a
 * killed process left unfinished is cut off.
 *
 * @throws FgamError `bench/bad-input` where a line is no judgement or its key is not that of its
 * request; `data/bad-json`
 */
export function openJudgements(folder: string): Promise<KeyedLog<Judgement>> {
  return openKeyedLog(join(folder, FILE), {
    schema: judgementSchema,
    keyOf: (judgement) => judgeKey(judgement, judgement.prompt),
    fault:
      'expected a judgement under the hash of its request, got another; the file was changed by hand, record it again',
  });
}
