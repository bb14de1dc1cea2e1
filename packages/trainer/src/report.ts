import { join } from 'node:path';
import { createEventFile } from './event-file.js';
import { appendMetrics, type MetricsLine, truncateMetrics } from './metrics.js';
import type { TrainOptions } from './train.js';

/** Where lines of metrics go from the last checkpoint on: `metrics.jsonl`, TensorBoard's file, the caller. */
export async function openReport(
  { out, onStart, onProgress }: Pick<TrainOptions, 'out' | 'onStart' | 'onProgress'>,
  done: number,
): Promise<(line: MetricsLine) => Promise<void>> {
  const metrics = join(out, 'metrics.jsonl');
  onStart?.(done);
  await truncateMetrics(metrics, done);
  const events = await createEventFile(join(out, 'events'), done);
  return async (line) => {
    await appendMetrics(metrics, line);
    await events.append(line);
    await onProgress?.(line);
  };
}
