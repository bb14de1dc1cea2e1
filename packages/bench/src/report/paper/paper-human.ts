import type { HumanEvaluation, RatingMean } from '../../human-eval/human-evaluation.js';
import { PAPER_ROLES, type PaperRole } from './paper-roles.js';
import type { PaperHuman } from './paper-schema.js';

/**
 * A study's result as the paper's Table 5. A system that is named as a role (`base`, `sft`, `full`, ...:
 * `PAPER_ROLES`) has what the paper reports of it beside it.
 *
 * @example
 * ```ts
 * import { paperHuman } from '@fgam/bench';
 *
 * const rated = (mean: number) => ({ mean, interval: [mean, mean] }) as const;
 * const alpha = { alpha: 0.6, interval: [0.5, 0.7], n: 40 } as const;
 * const none = { ...alpha, alpha: undefined };
 * const scales = { localisation: rated(4.1), coherence: rated(4.2), overall: rated(4), factualError: rated(0.1) };
 * const { raters, systems, agreement } = paperHuman({
 *   ...{ complete: true, items: 10, raters: ['ada', 'ben'] },
 *   systems: [{ name: 'full', scales }, { name: 'mine', scales }],
 *   agreement: { localisation: alpha, coherence: alpha, overall: alpha, factualError: none },
 * });
 * const [full, mine] = systems;
 * if (full?.role !== 'full' || mine?.role !== undefined) throw new Error('the paper has nothing of mine');
 * if (raters !== 2 || full.hallucinationRate.mean !== 0.1) throw new Error('the share of factual errors');
 * if (agreement['overall'] !== 0.6 || agreement['factualError'] !== null) throw new Error('nothing varies');
 * ```
 */
export function paperHuman({ items, raters, systems, agreement }: HumanEvaluation): PaperHuman {
  return {
    ...{ items, raters: raters.length },
    systems: systems.map(({ name, scales }) => {
      const role = PAPER_ROLES.find((each): each is PaperRole => each === name);
      return {
        name,
        ...(role === undefined ? {} : { role }),
        ...{ localisation: meanOf(scales.localisation), coherence: meanOf(scales.coherence) },
        ...{ overall: meanOf(scales.overall), hallucinationRate: meanOf(scales.factualError) },
      };
    }),
    agreement: Object.fromEntries(
      Object.entries(agreement).map(([scale, { alpha }]) => [scale, alpha ?? null]),
    ),
  };
}

function meanOf({ mean, interval }: RatingMean): PaperHuman['systems'][number]['overall'] {
  return { mean, interval };
}
