import { planTraining, type StoredType, type TensorSpec, type TrainingPlan } from '@fgam/compile';
import { FgamError } from '@fgam/data';
import {
  adapterScales,
  adapterSpecs,
  decaysWeight,
  type FamilyModel,
  isAdapterWeight,
  openFamily,
  type Recompute,
} from '@fgam/models';
import { answerLoss } from '@fgam/trainer';

/** The update that is planned. */
export interface PlanRequest {
  /** A `config.json` value. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * Rank of an adapter on all linear maps of the language model, over a frozen base. Without one, all weights
   * are trained, in float32.
   */
  readonly rank?: number;
  /** Rows, each with one image. */
  readonly batch: number;
  /** Tokens a row, those of the image among them. */
  readonly tokens: number;
  readonly recompute?: Recompute;
  readonly microBatches?: number;
}

/**
 * What an update of instruction tuning takes, without weights: by the graph that would run.
 *
 * @throws FgamError `models/bad-config`; `fgam/bad-plan` for rows that do not hold an image
 */
export function planModel({ config, rank, batch, tokens, ...request }: PlanRequest): TrainingPlan {
  const { recompute = false, microBatches = 1 } = request;
  const family = openFamily(config);
  const [visualTokens = 0] = family.visualExtent(family.imageSpecs).shape;
  if (tokens <= visualTokens)
    throw new FgamError<'fgam/bad-plan'>(
      'fgam/bad-plan',
      `plan: expected more tokens a row than the ${visualTokens} of an image, got ${tokens}`,
    );
  const inputs = batchSpecs(family, batch, tokens);
  const float32 = 'float32' as const;
  // In the file, but read by nothing: neither trained nor held.
  const base = family.weightSpecs;
  const optimizer = { clipNorm: 1, weightDecay: 0.1, decays: decaysWeight };
  if (rank === undefined) {
    const weights = Object.fromEntries(base.map(({ name, shape }) => [name, { shape, dtype: float32 }]));
    const loss = answerLoss(family, { recompute });
    return planTraining({ loss, weights, inputs, optimizer, microBatches });
  }
  const adapter = [
    ...adapterSpecs(family, { rank }),
    ...adapterScales(family, {}).map((name) => ({ name, shape: [] })),
  ].map(({ name, shape }) => [name, { shape, dtype: float32 }] as const);
  const stored = Object.fromEntries(
    base.map(({ name, shape }) => [name, { shape, dtype: storedType(config) }]),
  );
  return planTraining({
    loss: answerLoss(family, { recompute, isTrained: isAdapterWeight }),
    weights: Object.fromEntries(adapter),
    stored,
    inputs,
    optimizer: { ...optimizer, trainable: isAdapterWeight },
    microBatches,
  });
}

/** Tokens of an instruction that the vision side reads, as a prompt of a sentence or two has them. */
const INSTRUCTION_TOKENS = 32;

/** Shapes of a batch with an image a row. */
function batchSpecs(
  { config, imageSpecs, instruction }: FamilyModel,
  batch: number,
  tokens: number,
): Record<string, TensorSpec> {
  const [int32, float32] = ['int32', 'float32'] as const;
  const row = [batch, tokens];
  const { mrope_section: sections } = config.text_config;
  const images = Object.entries(imageSpecs).map(([name, { shape, dtype }]): [string, TensorSpec] => [
    name,
    { shape: [batch, ...shape.slice(1)], dtype },
  ]);
  const asked = [batch, INSTRUCTION_TOKENS];
  return {
    ...Object.fromEntries(images),
    ...(instruction === undefined
      ? {}
      : {
          instruction: { shape: asked, dtype: int32 },
          instructionMask: { shape: asked, dtype: float32 },
        }),
    ids: { shape: row, dtype: int32 },
    slots: { shape: row, dtype: int32 },
    positions: { shape: sections === undefined ? row : [...row, sections.length], dtype: int32 },
    labels: { shape: row, dtype: int32 },
    mask: { shape: row, dtype: float32 },
  };
}

/** The element type of a checkpoint's files. */
function storedType(config: Readonly<Record<string, unknown>>): StoredType {
  switch (config['dtype'] ?? config['torch_dtype']) {
    case 'float16':
      return 'F16';
    case 'bfloat16':
      return 'BF16';
    default:
      return 'F32';
  }
}
