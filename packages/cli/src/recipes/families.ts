import { FgamError } from '@fgam/data';
import type { CompactOverrides, FgamModel } from '@fgam/models';
import { BASE_MODEL, MINIGPT4_MODEL } from '../train/model-names.js';

/** The two families of the paper's models: they differ in what brings the picture into the language model. */
export const FAMILIES = ['llava', 'minigpt4'] as const;

/** `llava`: a two-layer MLP; `minigpt4`: a Q-Former and a linear map. */
export type Family = (typeof FAMILIES)[number];

/**
 * A Q-Former of as many queries as the compact LLaVA has visual tokens, two layers, the first of
 * which looks at the image.
 */
const Q_FORMER = {
  num_query_tokens: 16,
  hidden_size: 128,
  intermediate_size: 256,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  cross_attention_frequency: 2,
  layer_norm_eps: 1e-12,
  hidden_act: 'gelu',
} as const;

/** What a compact model of a family has of its own; a Q-Former reads every vision token. */
export const FAMILY_CONFIG = {
  llava: {},
  minigpt4: { connector_merge: 1, q_former: Q_FORMER },
} as const satisfies Readonly<Record<Family, CompactOverrides['fgam']>>;

/** The shipped base checkpoint of each family, by its name. */
export const SHIPPED_BASES: Readonly<Record<Family, string>> = {
  llava: BASE_MODEL,
  minigpt4: MINIGPT4_MODEL,
};

/** The family of a compact model. */
export function familyOf({ config }: FgamModel): Family {
  return config.fgam.q_former === undefined ? 'llava' : 'minigpt4';
}

/** @throws FgamError `fgam/bad-config` for a model of another family */
export function refuseOtherFamily(model: FgamModel, family: Family, folder: string): void {
  const own = familyOf(model);
  if (own === family) return;
  throw new FgamError<'fgam/bad-config'>(
    'fgam/bad-config',
    `${folder}: expected a base of the family ${family}, got one of ${own}; name another with --base, or other --families`,
  );
}
