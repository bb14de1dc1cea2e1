import { appendFile } from 'node:fs/promises';
import type { StepResult } from '@fgam/compile';
import { parseJson, readTextIfThere, writeAtomic } from '@fgam/data';

/** One line of `metrics.jsonl`. */
export interface MetricsLine {
  readonly step: number;
  /** Mean over the updates since the line before: sources take turns, so that a single batch would show one of them. */
  readonly loss: number;
  /** Each the mean over those of these updates that have it. */
  readonly parts: Readonly<Record<string, number>>;
  /** Before it is clipped. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly tokensPerSecond: number;
  /** Graphs captured in this sitting, one for each new batch shape, and the seconds that took. */
  readonly captures?: number;
  readonly captureSeconds?: number;
}

/** What an update reports. */
export type UpdateFigures = Pick<StepResult, 'loss' | 'parts' | 'gradientNorm'>;

/** What updates report, gathered for one line. */
export interface MetricsWindow {
  add(result: UpdateFigures, tokens: number): void;
  means(): Pick<MetricsLine, 'loss' | 'parts' | 'gradientNorm' | 'tokensPerSecond'>;
  /** What was added, those of an earlier sitting too. */
  updates(): readonly UpdateFigures[];
}

/**
 * A window from now on.
 *
 * @param earlier - what a sitting before this one has gathered; their tokens are not in this one's rate
 */
export function createMetricsWindow(earlier: readonly UpdateFigures[] = []): MetricsWindow {
  const started = performance.now();
  const results = [...earlier];
  let tokens = 0;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    add({ loss, parts, gradientNorm }, count) {
      results.push({ loss, parts, gradientNorm });
      tokens += count;
    },
    means() {
      const names = [...new Set(results.flatMap(({ parts }) => Object.keys(parts)))];
      return {
        loss: mean(results.map(({ loss }) => loss)),
        parts: Object.fromEntries(
          names.map((name) => [name, mean(results.flatMap(({ parts }) => parts[name] ?? []))]),
        ),
        gradientNorm: mean(results.map(({ gradientNorm }) => gradientNorm)),
        tokensPerSecond: Math.round((1000 * tokens) / (performance.now() - started)),
      };
    },
    updates: () => [...results],
  };
}

/** Appends a line. */
export async function appendMetrics(path: string, line: MetricsLine): Promise<void> {
  await appendFile(path, `${JSON.stringify(line)}\n`);
}

/**
 * All lines of a metrics file; none where it does not exist. A last line cut by a kill is left out.
 *
 * @param path - `metrics.jsonl` in a run's folder
 * @throws FgamError `data/bad-json` with the line, for another that is not JSON
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { readMetrics } from '@fgam/trainer';
 *
 * const path = join(await mkdtemp(join(tmpdir(), 'run-')), 'metrics.jsonl');
 * if ((await readMetrics(path)).length !== 0) throw new Error('expected no lines of no file');
 * const rest = { parts: { tokens: 2 }, gradientNorm: 1, learningRate: 1e-3, tokensPerSecond: 900 };
 * const lines = [10, 20].map((step) => JSON.stringify({ step, loss: 40 / step, ...rest }));
 * // The run was killed as it wrote the third.
 * await writeFile(path, `${lines.join('\n')}\n{"step":30,"lo`);
 * const losses = (await readMetrics(path)).map(({ step, loss }) => `${step}: ${loss}`);
 * if (losses.join() !== '10: 4,20: 2') throw new Error(losses.join());
 * ```
 */
export async function readMetrics(path: string): Promise<readonly MetricsLine[]> {
  const text = (await readTextIfThere(path)) ?? '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  let byteOffset = 0;
  return whole.split('\n').flatMap((line, i) => {
    const start = { line: i + 1, column: 1, byteOffset };
    byteOffset += Buffer.byteLength(line) + 1;
    return line === '' ? [] : [parseJson(line, path, start) as MetricsLine];
  });
}

/** Leaves the lines up to a step: what came after it is done again. */
export async function truncateMetrics(path: string, step: number): Promise<void> {
  const lines = (await readMetrics(path)).filter((line) => line.step <= step);
  await writeAtomic(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
