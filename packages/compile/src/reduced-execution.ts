import type { Communicator } from './communicator.js';
import { FgamError } from './error.js';
import type { Execution } from './execution.js';
import { picked, PREFIX, prefixed, withoutPrefix } from './specs.js';
import { type HostTensor, scalarOf, sizeOf, type Tensors } from './tensors.js';
import { LEARNING_RATE, STEP } from './update-program.js';

/** The two halves of an update that sums over processes come between. */
export interface ReducedExecutionOptions {
  /** `gradientProgram`, over the weights and a batch. */
  readonly gradients: Execution;
  /** `descentProgram`, over the state, the sums, learning rate and step. */
  readonly descent: Execution;
  readonly communicator: Communicator;
  /** Shapes of the trained weights. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Whether the descent writes over the weights that the gradients are taken at. */
  readonly isInPlace: boolean;
}

/**
 * An update in two runs: this process's gradients and parts of the loss; then, by their sums over all
 * processes, the new state. To its caller it is one execution.
 */
export function createReducedExecution(options: ReducedExecutionOptions): Execution {
  const { gradients, descent, communicator, shapes, isInPlace } = options;
  const { flat, memory } = gradientMemory(shapes);
  const ofWeights = (name: string): boolean => name.startsWith(PREFIX.weight);
  const trained = new Set(Object.keys(shapes).map((key) => PREFIX.weight + key));
  /** The state is the descent's, frozen weights are the gradients'. */
  const heldOf = async (names: readonly string[], how: 'held' | 'copies'): Promise<Tensors> => {
    const frozen = names.filter((name) => ofWeights(name) && !trained.has(name));
    const state = names.filter((name) => !frozen.includes(name));
    return { ...(await gradients[how](frozen)), ...(await descent[how](state)) };
  };
  return {
    own: (inputs) => gradients.own(inputs),
    async hold(tensors, transfer) {
      await gradients.hold(picked(tensors, ofWeights), transfer);
      await descent.hold(
        picked(tensors, (name) => !ofWeights(name) || trained.has(name)),
        transfer,
      );
    },
    held: (names) => heldOf(names, 'held'),
    copies: (names) => heldOf(names, 'copies'),
    async run(inputs) {
      const isOfDescent = (name: string): boolean => name === LEARNING_RATE || name === STEP;
      const own = await together(communicator, () =>
        gradients.run(
          picked(inputs, (name) => !isOfDescent(name)),
          memory,
        ),
      );
      const parts = withoutPrefix(PREFIX.part, own);
      const scalars = Float32Array.from(Object.values(parts), ({ data }) => data[0] as number);
      await communicator.allReduce(scalars);
      await communicator.allReduce(flat);
      const sums = prefixed(
        PREFIX.part,
        Object.fromEntries(Object.keys(parts).map((key, i) => [key, scalarOf(scalars[i] as number)])),
      );
      return descent.run({ ...picked(inputs, isOfDescent), ...memory, ...sums });
    },
    async commit() {
      await descent.commit();
      if (!isInPlace) await gradients.hold(await descent.held([...trained]), 'copy');
    },
    get stats() {
      const [first, second] = [gradients.stats, descent.stats];
      return {
        runs: second.runs,
        runMilliseconds: first.runMilliseconds + second.runMilliseconds,
        captures: first.captures + second.captures,
        captureMilliseconds: first.captureMilliseconds + second.captureMilliseconds,
      };
    },
    async dispose() {
      await gradients.dispose();
      await descent.dispose();
    },
  };
}

/**
 * Work in which each process may fail: the sums after it would wait for one that has.
 *
 * @throws what the work throws; FgamError `compile/other-process` where another's does
 */
async function together<Result>(
  { rank, size, allReduce }: Communicator,
  work: () => Promise<Result>,
): Promise<Result> {
  const failures = Float32Array.of(0);
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    failures[0] = 1;
    await allReduce(failures);
    throw error;
  }
  await allReduce(failures);
  if (failures[0] === 0) return result;
  throw new FgamError(
    'compile/other-process',
    `update: process ${rank} of ${size} ends, as another has failed; its error says why`,
  );
}

/** Memory of all gradients in one piece, for one all-reduce, and a tensor over the part of each. */
function gradientMemory(shapes: Readonly<Record<string, readonly number[]>>): {
  readonly flat: Float32Array;
  readonly memory: Tensors;
} {
  const sizes = Object.values(shapes).map(sizeOf);
  const flat = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  let begin = 0;
  const memory = Object.entries(shapes).map(([key, shape]): [string, HostTensor] => {
    const data = flat.subarray(begin, (begin += sizeOf(shape)));
    return [PREFIX.gradient + key, { shape, dtype: 'float32', data }];
  });
  return { flat, memory: Object.fromEntries(memory) };
}
