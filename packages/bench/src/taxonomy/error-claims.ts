/** The paper's error types (Table 3). */
export const ERROR_TYPES = ['object', 'attribute', 'relation', 'reasoning'] as const;

/** One of the paper's error types (Table 3). */
export type ErrorType = (typeof ERROR_TYPES)[number];

/** What a system claimed of one image, of one type, in one place, and how much of it is false. */
export interface ErrorClaims {
  readonly type: ErrorType;
  /** Where: in `captions`, in answers to `questions`. */
  readonly part: string;
  /** Claims of one image are drawn together in the bootstrap. */
  readonly image: string;
  readonly claims: number;
  /** Of the claims, the false ones. */
  readonly errors: number;
}
