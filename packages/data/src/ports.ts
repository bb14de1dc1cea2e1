import type { QuestionContext } from './question-context.js';
import type { BoxUnit, Feedback, ImageSource } from './records.js';

/**
 * Stops long work; every port takes one. A call rejects with the reason of a signal that was aborted before it or
 * during it; other calls go on.
 */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** A box that a detector proposes for a phrase. `score` is its confidence, 0..1. */
export interface Detection {
  readonly box: BoxUnit;
  readonly label: string;
  readonly score: number;
}

/** Finds the boxes of phrases in images. */
export interface Detector {
  readonly name: string;
  detect(
    requests: readonly { readonly image: ImageSource; readonly phrases: readonly string[] }[],
    options?: CallOptions,
  ): Promise<readonly (readonly Detection[])[]>;
}

/** Describes one region of an image in words. */
export interface RegionCaptioner {
  readonly name: string;
  describe(
    requests: readonly { readonly image: ImageSource; readonly box: BoxUnit }[],
    options?: CallOptions,
  ): Promise<readonly string[]>;
}

/** One text to be continued, after an optional image. */
export interface GenerateRequest {
  readonly image?: ImageSource;
  readonly prompt: string;
  readonly maxTokens: number;
  /** 0 is greedy. */
  readonly temperature?: number;
  readonly seed?: number;
  /** Generation ends at the first of these texts, which is not part of the result. */
  readonly stop?: readonly string[];
  /**
   * A regular expression (JavaScript's, flag u, without assertions) that the whole result matches, with
   * `maxTokens` tokens or fewer; not beside `stop`. A generator that can't keep to one passes it over.
   */
  readonly pattern?: string;
}

/** A continuation with the log-probability of each of its tokens. */
export interface Generation {
  readonly text: string;
  /** At most `maxTokens`, the one that ended the text included. */
  readonly tokens: readonly number[];
  /** Natural, one a token, of the model at temperature 1. */
  readonly logprobs: readonly number[];
  /** `length` where `maxTokens` tokens did not end the text. */
  readonly finish: 'stop' | 'length';
}

/**
 * Continues texts: the bare language side of a multimodal model. Continuations come in the order of the requests;
 * a greedy request, or one with a seed, has the same one again, whatever is asked beside it, but for rounding.
 */
export interface Generator {
  readonly name: string;
  generate(requests: readonly GenerateRequest[], options?: CallOptions): Promise<readonly Generation[]>;
}

/**
 * Scores how well texts fit regions: the cosine of stage 1's embeddings, -1..1, regions by texts, in the order of the
 * requests. A cosine is the same whatever is asked beside it, but for rounding; a box without area inside the image
 * is refused.
 */
export interface RegionTextScorer {
  readonly name: string;
  score(
    requests: readonly {
      readonly image: ImageSource;
      readonly boxes: readonly BoxUnit[];
      readonly texts: readonly string[];
    }[],
    options?: CallOptions,
  ): Promise<readonly (readonly (readonly number[])[])[]>;
}

/** A question, about an image or without one; with `revision`, the former response and the feedback on it. */
export interface AnswerRequest {
  /** Left out, the question is asked alone. */
  readonly image?: ImageSource;
  readonly question: string;
  readonly revision?: { readonly response: string; readonly feedback: string };
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
}

/** A response and what it cost. */
export interface Answer {
  readonly text: string;
  readonly tokens?: number;
}

/** The multimodal model that answers and revises. Answers come in the order of the requests. */
export interface Answerer {
  readonly name: string;
  answer(requests: readonly AnswerRequest[], options?: CallOptions): Promise<readonly Answer[]>;
}

/** A response to be checked against its image. */
export interface CritiqueRequest {
  /** Of a conversation with several: the last. */
  readonly image: ImageSource;
  /** Of a conversation: the words of its last turn. */
  readonly question: string;
  readonly response: string;
  /** The conversation that the question ends. Critics that can't use it pass it over. */
  readonly context?: QuestionContext;
}

/** The rectification module: finds what a response gets wrong. */
export interface Critic {
  readonly name: string;
  /**
   * Whether its feedback is on the whole conversation, `context` read. Default false: on image,
   * question and response alone.
   */
  readonly readsContext?: boolean | undefined;
  critique(requests: readonly CritiqueRequest[], options?: CallOptions): Promise<readonly Feedback[]>;
}

/**
 * Rates a response against a reference, for benchmarks that score by a judge. Replies come in the order of the
 * requests; the same prompt has the same reply, so that a score can be counted again.
 */
export interface Judge {
  readonly name: string;
  judge(requests: readonly { readonly prompt: string }[], options?: CallOptions): Promise<readonly string[]>;
}
