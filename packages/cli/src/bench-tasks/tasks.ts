/** A benchmark that `fgam bench run` has. */
export interface BenchTask {
  readonly name: string;
  readonly measures: string;
  readonly inputs: string;
}

/** The benchmarks, as `fgam bench list` shows them. */
export const BENCH_TASKS: readonly BenchTask[] = [
  {
    name: 'scenes',
    measures:
      'existence (POPE), spatial relations, attributes, grounding, two-step reasoning, places, hallucination in captions; with a critic, what the loop fixes and breaks',
    inputs: '--model, --data: a scenes folder; optional --critic',
  },
  {
    name: 'recall',
    measures: 'region-to-text and text-to-region recall@1 and @5, against chance',
    inputs: '--model, --data: a shard folder',
  },
];
