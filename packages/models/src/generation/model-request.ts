import type { CallOptions, GenerateRequest, Generation, Generator } from '@fgam/data';

/** A request with what a model that runs here can do beyond the port. */
export interface ModelRequest extends GenerateRequest {
  /** Only the tokens with the `topK` largest logits are sampled. Default: all. */
  readonly topK?: number;
  /**
   * Only the fewest most probable tokens that together have at least this probability are sampled,
   * after `topK`. Default 1: all.
   */
  readonly topP?: number;
  /**
   * What is probably said, as text or tokens: a former response to be revised. It is read together with the
   * prompt, and as much of it as would have been chosen anyway is taken; it changes how fast an answer comes,
   * not the answer. Tokens fit exactly, a text is cut into tokens again. With weights in 8 bits the answer
   * may be another one: a draft is read with activations in float32, steps round theirs to 8 bits.
   */
  readonly draft?: string | readonly number[];
  /**
   * What is probably said next, given what was said so far, whose last word may not be whole; empty where
   * that can't be told. It is tried where it may save time; the draft is then taken no further than the
   * answer goes along with it from the start. As a draft, it does not change the answer.
   */
  readonly continues?: (said: string) => string;
}

/** What was said since the last piece: tokens whose text can't change any more. */
export interface GenerationPiece {
  /** Place of the request in the call. */
  readonly request: number;
  readonly text: string;
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
}

/** Options of a call to a model that runs here. */
export interface ModelCallOptions extends CallOptions {
  /**
   * Is told what is said as it is said. All pieces of a request together are its result; what may yet become
   * a stop text or half a character waits. What it throws ends the call.
   */
  readonly onPiece?: (piece: GenerationPiece) => void;
}

/** A continuation; of a request with a draft also how many of the draft's tokens were taken. */
export interface ModelGeneration extends Generation {
  readonly acceptedTokens?: number;
}

/** What a generator has done so far. */
export interface DecodingStats {
  /** Tokens of prompts, visual ones too. */
  readonly promptTokens: number;
  /** Those that were read, and not taken from a prompt that begins alike; drafts are not among them. */
  readonly readTokens: number;
  /** Steps of one token in each row, and wide ones that take up a draft again. */
  readonly steps: number;
  readonly draftTokens: number;
  readonly acceptedTokens: number;
}

/** A model behind the `Generator` port. */
export interface ModelGenerator<Request extends ModelRequest = ModelRequest> extends Generator {
  generate(requests: readonly Request[], options?: ModelCallOptions): Promise<readonly ModelGeneration[]>;
  readonly stats: DecodingStats;
  /** Frees the captured programs; the generator can't be used afterwards. */
  dispose(): Promise<void>;
}
