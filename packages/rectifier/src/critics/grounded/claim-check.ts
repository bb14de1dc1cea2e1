import type { BoxUnit, Issue, IssueKind } from '@fgam/data';
import type { Ontology } from '../../claims/ontology.js';
import type { ImageReading } from './image-reading.js';

/** What the image says of a claim. `confidence` is 0.5 (undecided) to 1. */
export interface ClaimCheck {
  readonly state: 'holds' | 'fails' | 'unknown';
  readonly confidence: number;
  readonly issues: readonly Issue[];
}

/** Where a grounded critic draws its lines. */
export interface GroundedThresholds {
  /** Evidence from which an object is taken to be there (`calibrateThreshold`). Default 0.25. */
  readonly existence: number;
  /** Claims are not contested where the evidence is this close to the threshold. Default 0. */
  readonly band: number;
  /** Probability from which another value of an attribute contradicts the one claimed. Default 0.6. */
  readonly attribute: number;
  /**
   * Intersection over union under which a claimed box and the one seen contradict each other. Default: 0.4, as
   * candidate boxes are coarse; of a detector's boxes 0.5, from which a box counts as right.
   */
  readonly boxIou: number;
  /**
   * How far a centre may lie outside of a place in words that is claimed, and is named as missing only that far
   * inside, as a fraction of the image. Default: 0.06, as candidate boxes are coarse; of a detector's boxes 0.02.
   */
  readonly place: number;
  /**
   * Evidence from which an object that a caption leaves out is named. Default: halfway from `existence` to 1; of a
   * detector's boxes a quarter of the way.
   */
  readonly missing: number;
}

/** What a check works with. */
export interface CheckContext {
  readonly reading: ImageReading;
  readonly ontology: Ontology;
  readonly thresholds: GroundedThresholds;
  /** The whole response: the claim of issues that are about all of it. */
  readonly response: string;
}

/** The critic can't tell. */
export const UNKNOWN: ClaimCheck = { state: 'unknown', confidence: 0.5, issues: [] };

/** The image bears the claim out. */
export function holds(confidence: number): ClaimCheck {
  return { state: 'holds', confidence: sureness(confidence), issues: [] };
}

/** The image contradicts the claim. */
export function fails(
  issue: { readonly kind: IssueKind; readonly claim: string; readonly correction?: string },
  evidence: { readonly boxes: readonly BoxUnit[]; readonly score: number },
  confidence: number,
): ClaimCheck {
  return { state: 'fails', confidence: sureness(confidence), issues: [{ ...issue, evidence }] };
}

/** How far evidence is from a threshold, 0..1, as a share of the room on its side. */
export function distance(evidence: number, threshold: number): number {
  const room = evidence >= threshold ? 1 - threshold : threshold;
  return room > 0 ? Math.min(1, Math.abs(evidence - threshold) / room) : 0;
}

function sureness(confidence: number): number {
  return 0.5 + 0.5 * Math.min(1, Math.max(0, confidence));
}
