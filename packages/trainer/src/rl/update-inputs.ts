import type { Batch } from '../step.js';
import { spreadOverTokens } from './collate-rollouts.js';
import type { PolicyBatch } from './policy.js';
import type { BufferRow } from './rollout-buffer.js';

/** The arrays of an update. @param inputs - of the rows, by the policy */
export function updateInputs(
  rows: readonly BufferRow[],
  inputs: PolicyBatch,
  algorithm: 'ppo' | 'grpo',
): Batch['inputs'] {
  const spread = (name: 'oldLogProbs' | 'referenceLogProbs' | 'oldValues' | 'advantages' | 'returns') =>
    spreadOverTokens(
      inputs.targetMask,
      rows.map((row) => row[name]),
    );
  const common = { ...inputs, oldLogProbs: spread('oldLogProbs') };
  if (algorithm === 'ppo')
    return {
      ...common,
      oldValues: spread('oldValues'),
      advantages: spread('advantages'),
      returns: spread('returns'),
    };
  const advantages = Float32Array.from(rows, (row) => row.advantages[0] ?? 0);
  return {
    ...common,
    referenceLogProbs: spread('referenceLogProbs'),
    advantages: { shape: [rows.length], dtype: 'float32', data: advantages },
  };
}
