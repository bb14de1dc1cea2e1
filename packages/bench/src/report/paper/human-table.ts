import type { PaperHuman } from './paper-schema.js';
import type { PaperCell, PaperTable } from './paper-tables.js';
import { percent } from './percent.js';
import { REPORTED_FAMILY, REPORTED_HALLUCINATION } from './reported-values.js';

type Mean = PaperHuman['systems'][number]['overall'];

/** Table 5: means of the three scales, share of ratings with a factual error, agreement. */
export function humanTable(human: PaperHuman | undefined): PaperTable | undefined {
  if (human === undefined) return undefined;
  const { items, raters, systems, agreement } = human;
  const alphas = ['localisation', 'coherence', 'overall', 'factualError'].map((scale): PaperCell => {
    const alpha = agreement[scale];
    return alpha === undefined || alpha === null ? { text: 'n/a' } : { text: alpha.toFixed(3), sort: alpha };
  });
  return {
    id: 'table-5',
    heading: 'Table 5: human evaluation',
    notes: [
      'Means of 1 to 5, and the share of ratings that found a factual error (lower is better), each with its 95 % interval over items; it says nothing about other raters.',
      `"Paper" is the hallucination rate that its text reports of ${REPORTED_FAMILY}: 200 pairs, 3 raters; its other values are not in the text that we have.`,
    ],
    grids: [
      {
        caption: `${items} items, ${raters} raters`,
        head: [
          'System',
          'Localisation',
          'Coherence',
          'Overall',
          'Hallucination rate ↓',
          'Paper: hallucination rate',
        ],
        rows: systems.map(({ name, role, localisation, coherence, overall, hallucinationRate }) => {
          const reported = role === undefined ? undefined : REPORTED_HALLUCINATION[role];
          return [
            { text: name },
            ...[localisation, coherence, overall].map((mean) => meanCell(mean, (value) => value.toFixed(2))),
            meanCell(hallucinationRate, (share) => percent(share)),
            reported === undefined ? { text: '' } : { text: percent(reported), sort: reported },
          ];
        }),
        foot: [[{ text: "Krippendorff's alpha" }, ...alphas, { text: '' }]],
      },
    ],
  };
}

function meanCell({ mean, interval }: Mean, format: (value: number) => string): PaperCell {
  return { text: format(mean), small: interval.map(format).join(' to '), sort: mean };
}
