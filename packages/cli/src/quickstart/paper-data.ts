import { errorTaxonomy, type PaperRole, type Report, reportMetrics, sceneErrors } from '@fgam/bench';
import type { Trajectory } from '@fgam/data';
import type { SceneData } from '../scene-data.js';
import type { EvaluatedRow } from './evaluate-variants.js';

/**
 * Which rows of the paper's tables a variant is, by its name, and whether its answers there are those after
 * the loop: stage 2 is tuning and loop.
 */
export const VARIANT_ROLES: Readonly<
  Record<string, { readonly roles: readonly PaperRole[]; readonly isRectified: boolean }>
> = {
  base: { roles: ['base'], isRectified: false },
  'base + HACL': { roles: ['hacl'], isRectified: false },
  'base + stage 1': { roles: ['without-stage-2'], isRectified: false },
  'base + stage 2': { roles: ['without-stage-1'], isRectified: true },
  // Its stage 2 is supervised.
  'full FGAM': { roles: ['full', 'sft'], isRectified: true },
  'stage 2 after RTCL': { roles: ['rtcl'], isRectified: true },
  'stage 2 after SCC': { roles: ['scc'], isRectified: true },
  'stage 1, PPO': { roles: ['ppo'], isRectified: true },
  'full FGAM, SFT then PPO': { roles: ['hybrid'], isRectified: true },
};

/** Compact models are built as LLaVA is: a vision tower, an MLP, a language model. */
const FAMILY = 'compact LLaVA';

/**
 * The data of the paper's tables that a run on scenes has: rows of Tables 1 and 2 and Figure 2, and Table 3
 * of the full system, with its module and with the grounded critic, against the base's first answers.
 */
export function paperDataOf(
  rows: readonly EvaluatedRow[],
  test: SceneData,
  resamples: number,
): NonNullable<Report['paper']> {
  // By the module that the paper has: other critics are rows of their own elsewhere.
  const own = rows.filter(({ criticKind }) => criticKind === 'module');
  const base = own.find(({ name }) => name === 'base');
  // The oracle's row is no system.
  const full = rows.filter(
    ({ trained, criticKind }) => trained.variant.name === 'full FGAM' && criticKind !== 'oracle',
  );
  const system = ({ name, loop }: EvaluatedRow, answerOf: (trajectory: Trajectory) => string) => ({
    name,
    claims: sceneErrors({
      ...{ questions: test.questions, samples: test.samples, allowMissing: true },
      predictions: loop.trajectories.map((each) => ({ id: each.id, answer: answerOf(each) })),
    }),
  });
  return {
    rows: own.flatMap(({ name, scores, finalScores }) => {
      const { roles = [], isRectified = false } = VARIANT_ROLES[name] ?? {};
      const metrics = reportMetrics((isRectified ? finalScores : scores).scores);
      return roles.length === 0 ? [] : [{ family: FAMILY, variant: name, roles, metrics }];
    }),
    ...(base === undefined || full.length === 0
      ? {}
      : {
          errors: full.map((row) =>
            errorTaxonomy({
              source: 'scenes',
              base: system(base, ({ attempts }) => attempts[0]?.response ?? ''),
              full: system(row, ({ final }) => final),
              resamples,
            }),
          ),
        }),
  };
}
