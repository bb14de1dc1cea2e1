import { createBatchOrder, type Cursor, FIRST } from './cursor.js';
import { trainerError } from './error.js';

/** Examples that take turns with others. */
export interface TurnSource {
  readonly name: string;
  readonly examples: readonly unknown[];
  readonly turns?: number;
}

/** What an update draws. */
export interface Draw<Source extends TurnSource> {
  readonly source: Source;
  readonly examples: Source['examples'];
  /** Where the data stands after it. */
  readonly next: Readonly<Record<string, Cursor>>;
}

/**
 * Sources that take turns, each in a seeded order of its own: what an update draws depends on the seed, its
 * number and the cursors alone.
 *
 * @param name - of the step, for errors
 * @returns draws a batch for an update, counted from 1
 * @throws FgamError `trainer/no-data` for a source without examples, `trainer/bad-config` for two sources of one
 * name, and for turns that are no integer from 1
 */
export function createSourceTurns<Source extends TurnSource>(
  name: string,
  sources: readonly Source[],
  { batchSize, seed }: { readonly batchSize: number; readonly seed: number },
): (step: number, cursors: Readonly<Record<string, Cursor>>) => Draw<Source> {
  const empty = sources.filter(({ examples }) => examples.length === 0).map((source) => source.name);
  if (sources.length === 0 || empty.length > 0) {
    throw trainerError(
      'trainer/no-data',
      `${name}: expected examples in every source, got none in ${empty.join(', ') || 'any'}`,
    );
  }
  const repeated = sources.filter((source, i) => sources.findIndex(({ name }) => name === source.name) !== i);
  if (repeated.length > 0) {
    throw trainerError(
      'trainer/bad-config',
      `${name}: expected a name of its own for each source, got ${repeated.map((source) => source.name).join(', ')} again; they would share a cursor`,
    );
  }
  const wrong = sources.filter(({ turns = 1 }) => !(Number.isSafeInteger(turns) && turns >= 1));
  if (wrong.length > 0)
    throw trainerError(
      'trainer/bad-config',
      `${name}: turns: expected an integer from 1, got ${wrong.map((source) => `${source.turns} of ${source.name}`).join(', ')}; leave out a source that gets none`,
    );
  const orders = sources.map((source) => createBatchOrder(source.examples.length, `${seed}/${source.name}`));
  const round = sources.flatMap((source, index) => Array<number>(source.turns ?? 1).fill(index));
  return (step, cursors) => {
    const index = round[(step - 1) % round.length] as number;
    const source = sources[index] as Source;
    const cursor: Cursor = cursors[source.name] ?? FIRST;
    const { indices, next } = (orders[index] as (typeof orders)[number]).draw(cursor, batchSize);
    const examples = indices.map((at) => source.examples[at]);
    return { source, examples, next: { ...cursors, [source.name]: next } };
  };
}
