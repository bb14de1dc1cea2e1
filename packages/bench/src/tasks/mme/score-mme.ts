import { type BootstrapOptions, type Interval, sumsInterval } from '../../bootstrap.js';
import { MME_TASKS, MME_TASK_NAMES } from './mme-tasks.js';

/** An image of a task: whether each of its two questions was answered right. */
export interface MmeImage {
  readonly task: string;
  readonly image: string;
  readonly right: readonly boolean[];
}

/** A task's score, 0..200, and what it is the sum of, in percent. */
export interface MmeTaskScore {
  readonly score: number;
  /** Questions answered right. */
  readonly accuracy: number;
  /** Images with both questions answered right. */
  readonly accuracyPlus: number;
}

/** Scores of each task that has images: `100 (acc + acc+)`. */
export function mmeTaskScores(images: readonly MmeImage[]): ReadonlyMap<string, MmeTaskScore> {
  return new Map(
    MME_TASK_NAMES.flatMap((task): (readonly [string, MmeTaskScore])[] => {
      const own = images.filter((image) => image.task === task);
      if (own.length === 0) return [];
      const answers = own.flatMap(({ right }) => right);
      const accuracy = (answers.filter(Boolean).length / answers.length) * 100;
      const accuracyPlus = (own.filter(({ right }) => right.every(Boolean)).length / own.length) * 100;
      return [[task, { score: accuracy + accuracyPlus, accuracy, accuracyPlus }]];
    }),
  );
}

/** The sum of a side's task scores; null where it has no task. */
export function mmeSum(
  side: keyof typeof MME_TASKS,
  scores: ReadonlyMap<string, Pick<MmeTaskScore, 'score'>>,
): number | null {
  const own = MME_TASKS[side].flatMap((task) => scores.get(task)?.score ?? []);
  return own.length === 0 ? null : own.reduce((sum, score) => sum + score, 0);
}

/** The 95 % interval of a side's sum, by a bootstrap over images. */
export function mmeInterval(
  side: keyof typeof MME_TASKS,
  images: readonly MmeImage[],
  options: BootstrapOptions,
): Interval {
  const tasks = MME_TASKS[side].filter((task) => images.some((image) => image.task === task));
  const own = images.filter(({ task }) => tasks.some((each) => each === task));
  const columns = tasks.flatMap((task) => [
    own.map((image) => (image.task === task ? points(image) : 0)),
    own.map((image) => (image.task === task ? 1 : 0)),
  ]);
  return sumsInterval(
    columns,
    own.map(({ task, image }) => `${task}/${image}`),
    (sums) =>
      tasks.reduce((total, _, index) => total + (sums[2 * index] ?? 0) / (sums[2 * index + 1] ?? 0), 0),
    options,
  );
}

/** What an image with two questions adds to its task's score, times the images. */
function points({ right }: MmeImage): number {
  const count = right.filter(Boolean).length;
  return (count / right.length) * 100 + (count === right.length ? 100 : 0);
}
