import type { BoxUnit, CallOptions, ImageSize, ImageSource } from '@fgam/data';

/** Something that was seen in an image, as far as the one who looked can tell. */
export interface EvidenceObject {
  /** Its noun with its attributes, without an article: `small red circle`. */
  readonly name: string;
  readonly box: BoxUnit;
  /** How sure that is, 0..1. */
  readonly score: number;
}

/** What was seen in an image, the surest first. */
export interface ImageEvidence {
  readonly size: ImageSize;
  readonly objects: readonly EvidenceObject[];
}

/** Says what images show, for those who can't see them. No truth is used, but by `annotationEvidence`. */
export type EvidenceReader = (
  images: readonly ImageSource[],
  call?: CallOptions,
) => Promise<readonly ImageEvidence[]>;
