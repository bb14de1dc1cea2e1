import { type LoopGroup, loopGroups, ROUND_HEAD, roundCells } from './loop-groups.js';
import type { PaperLoop } from './loop-schema.js';
import type { RoundLatency } from './paper-schema.js';
import type { PaperCell, PaperGrid, PaperTable } from './paper-tables.js';
import { isReported, REPORTED_FAMILY, REPORTED_LATENCY } from './reported-values.js';
import { seedCell } from './seed-cell.js';

type Spread = RoundLatency['answer'];

/** Of a row that the paper does not have. */
const NONE_REPORTED: PaperCell[] = [{ text: '' }, { text: '' }];
const HEAD = ['What', 'Milliseconds', 'Ratio', 'Paper: milliseconds', 'Paper: ratio'];

/** Table 4: what rounds cost, and parameters; of questions one at a time, and over seeds of many at a time. */
export function latencyTable(latencies: readonly RoundLatency[], loops: readonly PaperLoop[]): PaperTable {
  const overSeeds = loopGroups(loops).flatMap(seedGrid);
  return {
    id: 'table-4',
    heading: 'Table 4: latency and parameters',
    notes: [
      ...(latencies.length === 0
        ? []
        : [
            'Median over questions (first to third quartile), one question at a time; ratios are to the same question’s first answer.',
          ]),
      ...(overSeeds.length === 0
        ? []
        : [
            'Over seeds: time of all questions, many at a time, by their count, and its ratio to that of first answers; mean ± half the 95 % interval of the mean. That is throughput: one question alone takes longer, and rounds that few questions have cost less than the paper’s.',
          ]),
      'Times depend on the machine and its load.',
      `"Paper" is ${REPORTED_FAMILY} with a module of 3 billion parameters on an A100; its rounds are sums of two assumed averages.`,
    ],
    grids: [...latencies.map(latencyGrid), ...overSeeds],
  };
}

function seedGrid({ caption, loops }: LoopGroup): PaperGrid[] {
  const rows = loops.flatMap(({ family, variant, rounds }) =>
    rounds.flatMap(({ round, metrics }) => {
      if (metrics['latency'] === undefined) return [];
      return [
        [
          ...roundCells(variant, round),
          seedCell(metrics['seconds'], (seconds) => (1000 * seconds).toPrecision(3)),
          seedCell(metrics['latency'], (ratio) => ratio.toFixed(2)),
          ...(isReported(family) ? reportedCells(round) : NONE_REPORTED),
        ],
      ];
    }),
  );
  return rows.length === 0
    ? []
    : [{ caption, lead: ROUND_HEAD.length, head: [...ROUND_HEAD, ...HEAD.slice(1)], rows }];
}

function latencyGrid(latency: RoundLatency): PaperGrid {
  const { answer, critic, parameters } = REPORTED_LATENCY;
  const { name, questions, load } = latency;
  const { model, critic: module = 0 } = latency.parameters ?? { model: 0 };
  return {
    caption: `${name}; ${questions} questions${load === undefined ? '' : `, load ${load.toFixed(1)}`}`,
    head: HEAD,
    rows: [
      [{ text: 'first answer' }, spreadCell(latency.answer, 1), number(1), ...reportedCells(0)],
      ...(latency.critic === undefined
        ? []
        : [
            [
              { text: 'feedback of the module' },
              spreadCell(latency.critic, 1),
              number(latency.critic.median / latency.answer.median),
              number(critic),
              number(critic / answer),
            ],
          ]),
      ...latency.rounds.map(({ round, questions: of, milliseconds, ratio }) => {
        const few = of === questions ? {} : { small: `${of} questions` };
        return [
          { text: `with ${round} ${round === 1 ? 'round' : 'rounds'}`, ...few },
          spreadCell(milliseconds, 1),
          spreadCell(ratio, 2),
          ...reportedCells(round),
        ];
      }),
    ],
    ...(latency.parameters === undefined
      ? {}
      : {
          foot: [
            parameterRow('parameters: model', model, parameters.model),
            parameterRow('parameters: module', module, parameters.critic),
            parameterRow('parameters: both', model + module, parameters.model + parameters.critic),
          ],
        }),
  };
}

/** What the paper reports after so many rounds: milliseconds and ratio. */
function reportedCells(round: number): PaperCell[] {
  const { answer, rounds } = REPORTED_LATENCY;
  const reported = round === 0 ? { milliseconds: answer, ratio: 1 } : rounds[round - 1];
  return reported === undefined ? NONE_REPORTED : [number(reported.milliseconds), number(reported.ratio)];
}

function spreadCell({ median, quartiles }: Spread, places: number): PaperCell {
  const [low, high] = quartiles.map((end) => end.toFixed(places));
  return { text: median.toFixed(places), small: `${low} to ${high}`, sort: median };
}

function number(value: number): PaperCell {
  return { text: String(Number(value.toFixed(2))), sort: value };
}

function parameterRow(text: string, ours: number, reported: number): PaperCell[] {
  const count = (value: number): PaperCell => ({ text: inWords(value), sort: value });
  return [{ text }, count(ours), { text: '' }, count(reported), { text: '' }];
}

function inWords(parameters: number): string {
  const [unit, name] = parameters >= 1e9 ? [1e9, 'billion'] : [1e6, 'million'];
  return parameters === 0 ? 'none of its own' : `${Number((parameters / unit).toPrecision(3))} ${name}`;
}
