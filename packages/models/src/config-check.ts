import type { LanguageConfig, ModelConfig } from './config.js';
import { keepsClassToken } from './vision-grid.js';

/** Faults between fields that each look right alone; empty when the config holds together. */
export function checkConfig(config: ModelConfig): string[] {
  const { vision_config: vision, fgam } = config;
  const faults: string[] = [];
  const divides = divider(faults);
  divides(vision.image_size, vision.patch_size, 'vision_config.image_size by patch_size');
  divides(vision.hidden_size, vision.num_attention_heads, 'vision_config.hidden_size by num_attention_heads');
  faults.push(...checkText(config));
  divides(
    Math.floor(vision.image_size / vision.patch_size),
    fgam.connector_merge,
    'fgam: the grid of vision tokens by connector_merge',
  );
  if (keepsClassToken(config) && fgam.connector_merge !== 1)
    faults.push(
      `fgam.connector_merge: expected 1 where vision_feature_select_strategy is full, got ${fgam.connector_merge}`,
    );
  faults.push(...checkStem(config), ...checkHeads(config));
  const layers = vision.num_hidden_layers;
  const layer = config.vision_feature_layer;
  if (layer < -(layers + 1) || layer > layers) {
    faults.push(`vision_feature_layer: expected -${layers + 1}..${layers}, got ${layer}`);
  }
  return faults;
}

/** Faults of connector and heads: what they must have in common with the model. */
function checkHeads({ fgam, text_config: text }: ModelConfig): string[] {
  const faults: string[] = [];
  const divides = divider(faults);
  const { relation_transformer: relation, text_tower: tower, q_former: former } = fgam;
  if (relation !== undefined)
    divides(
      fgam.relation_hidden_size,
      relation.num_attention_heads,
      'fgam.relation_hidden_size by relation_transformer.num_attention_heads',
    );
  if (former !== undefined) {
    divides(
      former.hidden_size,
      former.num_attention_heads,
      'fgam.q_former.hidden_size by num_attention_heads',
    );
    if (fgam.connector_merge !== 1)
      faults.push(
        `fgam.connector_merge: expected 1 with q_former, which reads every vision token, got ${fgam.connector_merge}`,
      );
  }
  if (tower === undefined) return faults;
  divides(tower.hidden_size, tower.num_attention_heads, 'fgam.text_tower.hidden_size by num_attention_heads');
  const same = (name: 'vocab_size' | 'projection_dim', wanted: number, of: string): void => {
    if (tower[name] !== wanted)
      faults.push(`fgam.text_tower.${name}: expected ${of} ${wanted}, got ${tower[name]}`);
  };
  // Both read the ids of one tokenizer, and texts lie in the space of regions and images.
  same('vocab_size', text.vocab_size, 'text_config.vocab_size');
  same('projection_dim', fgam.embed_dim, 'fgam.embed_dim');
  if (tower.eos_token_id >= tower.vocab_size)
    faults.push(
      `fgam.text_tower.eos_token_id: expected a token below ${tower.vocab_size}, got ${tower.eos_token_id}`,
    );
  return faults;
}

/** Faults of the language model's part. */
export function checkText({ text_config: text }: LanguageConfig): string[] {
  const faults: string[] = [];
  const divides = divider(faults);
  divides(
    text.hidden_size,
    2 * text.num_attention_heads,
    'text_config.hidden_size by 2 * num_attention_heads',
  );
  divides(text.num_attention_heads, text.num_key_value_heads, 'text_config heads by num_key_value_heads');
  return faults;
}

/** A `head_dim` that is given must be the one that the blocks compute with. */
export function checkHeadWidth(text: {
  readonly head_dim?: number | null | undefined;
  readonly hidden_size: number;
  readonly num_attention_heads: number;
}): string[] {
  const { head_dim: width, hidden_size: hidden, num_attention_heads: heads } = text;
  if (typeof width !== 'number' || width * heads === hidden) return [];
  return [`text_config.head_dim: expected hidden_size ${hidden} / ${heads} heads, got ${width}`];
}

/** Notes where a number is no multiple of another. */
export function divider(faults: string[]): (whole: number, part: number, names: string) => void {
  return (whole, part, names) => {
    if (whole % part !== 0) faults.push(`${names}: expected ${whole} to be a multiple of ${part}`);
  };
}

function checkStem({ fgam, vision_config: vision }: ModelConfig): string[] {
  const { stem } = fgam;
  if (stem.kind === 'patch') return [];
  const faults: string[] = [];
  const strides =
    stem.kind === 'hierarchical'
      ? stem.stages.map(({ merge }) => merge)
      : stem.stages.map(({ stride }) => stride);
  const product = strides.reduce((a, b) => a * b, 1);
  if (product !== vision.patch_size) {
    faults.push(
      `fgam.stem.stages: expected strides whose product is vision_config.patch_size ${vision.patch_size}, got ${strides.join(' * ')}`,
    );
  }
  if (stem.kind === 'convolution') {
    for (const [index, { kernel, stride }] of stem.stages.entries()) {
      if (kernel < stride) {
        faults.push(`fgam.stem.stages.${index}: expected kernel >= stride ${stride}, got ${kernel}`);
      }
    }
  }
  return faults;
}
