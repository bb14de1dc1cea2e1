import type { ClipTextConfig, ModelConfig } from './config.js';
import { parseConfig } from './config.js';
import { modelsError } from './error.js';
import type { FgamModel } from './model.js';
import { weightSpecs } from './model-specs.js';
import { weightsOf } from './weights.js';

type Fgam = ModelConfig['fgam'];

/**
 * Other heads of stage 1, or another connector, by the names of the `fgam` block; what is left out of them is
 * the model's own or a default.
 */
export type HeadOverrides = Partial<
  Pick<
    Fgam,
    'relation_features' | 'relation_hidden_size' | 'text_pooling' | 'hacl_embed_dim' | 'box_hidden_size'
  >
> & {
  readonly relation_transformer?: Partial<NonNullable<Fgam['relation_transformer']>>;
  readonly text_tower?: Partial<ClipTextConfig>;
  /** MiniGPT-4's connector in place of LLaVA's. */
  readonly q_former?: Partial<NonNullable<Fgam['q_former']>>;
};

/**
 * A model with other heads of stage 1, or another connector. Weights whose name and shape stay are kept; what
 * is new starts from the seed, and what the new config does not have is dropped.
 *
 * @throws FgamError `models/bad-config` that lists every fault of the heads; `models/bad-weights` for a model in 8 bits
 * @example
 * ```ts
 * import { compactConfig, createTokenizer, createWeights, withHeads } from '@fgam/models';
 *
 * const tokenizer = createTokenizer(['red', 'dot']);
 * const config = compactConfig();
 * const model = { config, tokenizer, weights: createWeights(config, 1) };
 * const other = withHeads(model, { relation_transformer: { num_hidden_layers: 2 } }, 1);
 * if (!('fgam.relation_head.classifier.weight' in other.weights)) throw new Error('expected a transformer');
 * ```
 */
export function withHeads(model: FgamModel, heads: HeadOverrides, seed: number): FgamModel {
  const { config, tokenizer, weights, quantized } = model;
  if (quantized !== undefined)
    throw modelsError(
      'models/bad-weights',
      "withHeads: expected all weights in float32, got a model whose linear maps in 8 bits would start anew; load it with weights 'memory'",
    );
  const { text_tower: tower, relation_transformer: relation, q_former: former, ...rest } = heads;
  const { fgam: own } = config;
  const wholeTower = {
    vocab_size: config.text_config.vocab_size,
    projection_dim: own.embed_dim,
    eos_token_id: tokenizer.eosId,
    ...own.text_tower,
    ...tower,
  };
  const fgam = {
    ...own,
    ...rest,
    ...(relation === undefined ? {} : { relation_transformer: { ...own.relation_transformer, ...relation } }),
    ...(tower === undefined ? {} : { text_tower: wholeTower }),
    ...(former === undefined ? {} : { q_former: { ...own.q_former, ...former }, connector_merge: 1 }),
  };
  const changed = parseConfig({ ...config, fgam });
  const started = weightsOf(weightSpecs(changed), seed);
  const kept = Object.entries(started).map(([name, fresh]) => {
    const old = weights[name];
    return [name, old?.shape.join() === fresh.shape.join() ? old : fresh] as const;
  });
  return { config: changed, tokenizer, weights: Object.fromEntries(kept) };
}
