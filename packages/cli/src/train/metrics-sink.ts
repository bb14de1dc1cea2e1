import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FgamError } from '@fgam/data';
import type { MetricsLine } from '@fgam/trainer';
import { checkWandb, openWandb } from './wandb-sink.js';

/** Where the lines of a training run's `metrics.jsonl` go, too. */
export interface MetricsSink {
  /** Takes a line; it is waited for, and what it throws ends the run. */
  send(line: MetricsLine): Promise<void>;
  /** Once, after the last line. */
  close(): Promise<void>;
}

/** Opens the sink of the run with this output folder. */
export type OpenMetricsSink = (out: string) => Promise<MetricsSink>;

/** Weights & Biases, as a command line names it. */
const WANDB = 'wandb';

/**
 * The sink that a command line names: `wandb`, or a JavaScript module whose default export is called with each line.
 *
 * @throws FgamError `fgam/no-wandb` where its client is not there, `fgam/bad-config` for a module that can't be
 * loaded or exports no function
 */
export async function metricsSinkOf(name: string): Promise<OpenMetricsSink> {
  if (name === WANDB) {
    await checkWandb();
    return openWandb;
  }
  const listener = await importListener(name);
  return async () => ({
    async send(line) {
      await listener(line);
    },
    async close() {},
  });
}

async function importListener(path: string): Promise<(line: MetricsLine) => unknown> {
  const loaded: unknown = await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
    throw new FgamError<'fgam/bad-config'>(
      'fgam/bad-config',
      `--metrics-to: expected ${WANDB} or a JavaScript module, got ${path}: ${String(cause)}`,
      { cause },
    );
  });
  const listener: unknown = (loaded as { readonly default?: unknown }).default;
  if (typeof listener === 'function') return listener as (line: MetricsLine) => unknown;
  throw new FgamError<'fgam/bad-config'>(
    'fgam/bad-config',
    `--metrics-to: expected a module whose default export is a function, got ${typeof listener} in ${path}`,
  );
}
