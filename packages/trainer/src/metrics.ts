import { appendFile, readFile, writeFile } from 'node:fs/promises';

/** One line of `metrics.jsonl`. */
export interface MetricsLine {
  readonly step: number;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly tokensPerSecond: number;
}

/** Appends a line. */
export async function appendMetrics(path: string, line: MetricsLine): Promise<void> {
  await appendFile(path, `${JSON.stringify(line)}\n`);
}

/** All lines of a metrics file; none where it does not exist. A last line cut by a kill is left out. */
export async function readMetrics(path: string): Promise<readonly MetricsLine[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as MetricsLine);
}

/** Leaves the lines up to a step: what came after it is done again. */
export async function truncateMetrics(path: string, step: number): Promise<void> {
  const lines = (await readMetrics(path)).filter((line) => line.step <= step);
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
