import type { ErrorType } from '../../taxonomy/error-claims.js';
import type { ReportedMetric } from './paper-metrics.js';
import type { PaperRole } from './paper-roles.js';

/** A value that the paper's text tells, or a difference from its base where it tells that alone. */
export type Reported = { readonly value: number } | { readonly difference: number };

/** Its family: the text has values of LLaVA-1.5-7B alone. */
export const REPORTED_FAMILY = 'LLaVA-1.5-7B';

/** Whether what the text reports may stand beside results of a family. */
export function isReported(family: string): boolean {
  return /llava/i.test(family);
}

/**
 * Sections 4.2 and 4.4; POPE and SpatialSense in percent. The cells of its tables are missing from the text
 * that we have: all else is empty.
 */
const RESULTS: Readonly<Partial<Record<PaperRole, Readonly<Partial<Record<ReportedMetric, Reported>>>>>> = {
  base: { mmhalScore: { value: 2.13 }, mmhalRate: { value: 0.5 } },
  'without-stage-1': { spatialSense: { value: 69.4 }, mmhalRate: { value: 0.5 }, popeF1: { value: 87.05 } },
  rtcl: { mmhalRate: { value: 0.48 }, popeF1: { value: 88.1 } },
  scc: { spatialSense: { value: 70 } },
  full: {
    spatialSense: { difference: 2.1 },
    mmhalScore: { value: 2.25 },
    mmhalRate: { value: 0.46 },
    popeF1: { difference: 1.64 },
  },
};

/** What the paper reports of a metric in a role; undefined where its text does not. */
export function reportedResult(role: PaperRole, metric: ReportedMetric | undefined): Reported | undefined {
  return metric === undefined ? undefined : RESULTS[role]?.[metric];
}

/** Section 4.6: reductions as shares. */
export const REPORTED_REDUCTIONS: Readonly<Record<ErrorType, number>> = {
  object: 0.68,
  attribute: 0.6,
  relation: 0.7,
  reasoning: 0.5,
};

/** Section 4.7: milliseconds on an A100, assumed averages; ratios to the base; parameters. */
export const REPORTED_LATENCY = {
  answer: 150,
  critic: 80,
  rounds: [
    { milliseconds: 380, ratio: 2.5 },
    { milliseconds: 610, ratio: 4.1 },
  ],
  parameters: { model: 7e9, critic: 3e9 },
} as const;

/** Section 4.8: the share of responses with a factual error. */
export const REPORTED_HALLUCINATION: Readonly<Partial<Record<PaperRole, number>>> = {
  base: 0.185,
  full: 0.08,
};
