import type { MixedTurns } from '../recipes/copying-sources.js';
import type { InstructionTurns } from '../recipes/scene-sources.js';

/** Updates of each round that draw from a source, by what is trained. */
export interface Stage2Recipe {
  /** Instruction tuning without corrections. */
  readonly plain: InstructionTurns;
  /** Instruction tuning with corrections: what is drawn beside them, and the corrections. */
  readonly beside: InstructionTurns;
  readonly reviser: InstructionTurns;
  /** Refused drafts without their images, beside all that (`copyingSources`). */
  readonly copying: InstructionTurns;
  /** Captions that no image has, without images, beside all that (`mixedCopyingSources`). Default: none. */
  readonly mixed?: MixedTurns;
  /** Shares of mistaken clauses in drafts of captions (`injectErrors`). Default: up to five changes each. */
  readonly captionShares?: readonly number[];
  /** Share of an instruction tuning with corrections that stays at the highest learning rate. Default: none. */
  readonly hold?: number;
  /** The rectification module. */
  readonly critic: InstructionTurns;
}

/**
 * The quickstart's: four of seven updates of stage 2 revise; the others are those of plain instruction
 * tuning, so that boxes and reasoning are not forgotten.
 */
export const STAGE2_RECIPE: Stage2Recipe = {
  plain: { questions: 3, captions: 1 },
  beside: { questions: 2, captions: 1 },
  reviser: { questions: 3, captions: 1 },
  copying: { questions: 0, captions: 0 },
  critic: { questions: 3, captions: 1 },
};
