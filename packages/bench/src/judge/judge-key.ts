import { createHash } from 'node:crypto';
import type { JudgeIdentity } from './judge-model.js';

/** SHA-256 of model, parameters and prompt: what an answer is stored under. */
export function judgeKey(judge: JudgeIdentity, prompt: string): string {
  return createHash('sha256')
    .update(JSON.stringify([...identityParts(judge), prompt]))
    .digest('hex');
}

/** A judge's identity in words; two judges with the same words give one number. */
export function judgeName(judge: JudgeIdentity): string {
  const [model, parameters] = identityParts(judge);
  return [model, ...parameters.map(([name, value]) => `${name} ${value}`)].join(', ');
}

function identityParts({ model, parameters }: JudgeIdentity) {
  return [model, Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))] as const;
}
