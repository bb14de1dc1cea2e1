import { loadavg } from 'node:os';
import { type RoundLatency, roundLatency } from '@fgam/bench';
import { FgamError } from '@fgam/data';
import { countParameters } from '@fgam/models';
import type { Command } from 'commander';
import { imageOf } from '../answer-questions.js';
import { say } from '../output.js';
import { withProgress } from '../progress.js';
import { type CriticOptions, LLM, readCritics } from '../ports/critic-options.js';
import type { ModelOptions } from '../ports/model-options.js';
import { GROUNDED } from '../ports/open-critic.js';
import { openAnswering } from '../ports/open-answering.js';
import { openCritics } from '../ports/open-critics.js';
import { openModule } from '../ports/open-module.js';
import { readSceneData } from '../scene-data.js';
import { usageError } from '../usage-error.js';
import { timeRounds } from './time-rounds.js';

/** Questions before any is timed: graphs are captured on them. */
const WARM = 4;

/** Options of {@link measureLatency}. */
export interface MeasureLatencyOptions extends ModelOptions, CriticOptions {
  /** Scenes folder; its captions are asked for. */
  readonly data: string;
  readonly rounds: number;
  /** Questions that are timed at most. */
  readonly limit: number;
  /** For usage errors. */
  readonly command: Command;
  readonly signal: AbortSignal;
}

/**
 * What rounds cost with a model and a critic: captions of scenes, one at a time, the first few untimed.
 *
 * @throws FgamError `data/empty` for a folder with too few captions
 */
export async function measureLatency(options: MeasureLatencyOptions): Promise<RoundLatency> {
  const { rounds, limit, command, signal } = options;
  const data = await readSceneData(options.data);
  const captions = data.questions.filter(({ kind }) => kind === 'caption').slice(0, WARM + limit);
  if (captions.length <= WARM)
    throw new FgamError(
      'data/empty',
      `${options.data}: expected more than ${WARM} captions (so many are asked for untimed), got ${captions.length}; write more scenes`,
    );
  const answering = await openAnswering(options, command);
  const { answerer } = answering;
  let critics: Awaited<ReturnType<typeof openCritics>>;
  try {
    critics = await openCritics({ options, answering, command });
    if (critics === undefined) usageError(options.command, 'expected --critic');
    const loop = { answerer, critic: critics.critic };
    const timings = await withProgress('latency', captions.length, async (onProgress) => {
      const timed = [];
      for (const [place, question] of captions.entries()) {
        const asked = { image: imageOf(data, question), question: question.question };
        timed.push((await timeRounds(loop, asked, { rounds, signal })).timing);
        onProgress(place + 1);
      }
      return timed.slice(WARM);
    });
    const model = answering.compact && countParameters(answering.compact.model.weights);
    const module = await parametersOf(critics.name);
    return roundLatency({
      name: `${answering.name}, ${critics.name}`,
      timings,
      load: loadavg()[0] ?? 0,
      ...(model === undefined
        ? {}
        : { parameters: { model, ...(module === undefined ? {} : { critic: module }) } }),
    });
  } finally {
    await Promise.all([answerer.dispose(), critics?.dispose()]);
  }
}

/** Of the modules among critics; undefined where none is. */
async function parametersOf(critics: string): Promise<number | undefined> {
  const names = readCritics(critics).map(({ name }) => name);
  const modules = names.filter((name) => name !== GROUNDED && name !== LLM);
  if (modules.length === 0) return undefined;
  const models = await Promise.all(modules.map(openModule));
  for (const { states = false, describes = false, evidence, folder } of models)
    if ((states && !describes) || evidence?.captions === false)
      say(
        `warning: ${folder} judges short questions alone; captions, which are timed here, it accepts unread`,
      );
  return models.reduce((sum, { model }) => sum + countParameters(model.weights), 0);
}
