import type { HumanEvaluation, RatingMean } from '../../human-eval/human-evaluation.js';
import { PAPER_ROLES, type PaperRole } from './paper-roles.js';
import type { PaperHuman } from './paper-schema.js';

/**
 * A study's result as the paper's Table 5. A system that is named as a role (`base`, `hacl`, `full`) has what
 * the paper reports of it beside it.
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
