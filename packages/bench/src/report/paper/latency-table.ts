import type { RoundLatency } from './paper-schema.js';
import type { PaperCell, PaperTable } from './paper-tables.js';
import { REPORTED_FAMILY, REPORTED_LATENCY } from './reported-values.js';

type Spread = RoundLatency['answer'];

/** Table 4: what rounds cost, and parameters. */
export function latencyTable(latencies: readonly RoundLatency[]): PaperTable {
  const { answer, critic, rounds, parameters } = REPORTED_LATENCY;
  return {
    id: 'table-4',
    heading: 'Table 4: latency and parameters',
    notes: [
      'Median over questions (first to third quartile), one question at a time; ratios are to the same question’s first answer. Times depend on the machine and its load.',
      `"Paper" is ${REPORTED_FAMILY} with a module of 3 billion parameters on an A100; its rounds are sums of two assumed averages.`,
    ],
    grids: latencies.map((latency) => {
      const { name, questions, load } = latency;
      const { model, critic: module = 0 } = latency.parameters ?? { model: 0 };
      return {
        caption: `${name}; ${questions} questions${load === undefined ? '' : `, load ${load.toFixed(1)}`}`,
        head: ['What', 'Milliseconds', 'Ratio', 'Paper: milliseconds', 'Paper: ratio'],
        rows: [
          [{ text: 'first answer' }, spreadCell(latency.answer, 1), number(1), number(answer), number(1)],
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
            const reported = rounds[round - 1];
            const few = of === questions ? {} : { small: `${of} questions` };
            return [
              { text: `with ${round} ${round === 1 ? 'round' : 'rounds'}`, ...few },
              spreadCell(milliseconds, 1),
              spreadCell(ratio, 2),
              reported === undefined ? { text: '' } : number(reported.milliseconds),
              reported === undefined ? { text: '' } : number(reported.ratio),
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
    }),
  };
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
