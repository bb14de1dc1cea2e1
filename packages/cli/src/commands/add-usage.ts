import type { DescriberUsage } from '@fgam/label';

/** What two calls of a describer spent together. */
export function addUsage(a: DescriberUsage, b: DescriberUsage): DescriberUsage {
  return {
    requests: a.requests + b.requests,
    retries: a.retries + b.retries,
    cached: a.cached + b.cached,
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    estimated: a.estimated + b.estimated,
    ...(a.cost === undefined || b.cost === undefined ? {} : { cost: a.cost + b.cost }),
  };
}
