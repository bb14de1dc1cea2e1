import type { Critic, CritiqueRequest, Generation, Generator } from '@fgam/data';
import { isCaptionQuestion } from '../claims/parse-question.js';
import { type Ontology, SCENE_ONTOLOGY } from '../claims/ontology.js';
import { parseCaption } from '../claims/parse-caption.js';
import { formatPrompt } from '../prompts/format-prompt.js';
import { captionIssues } from '../truth/caption-issues.js';
import { judgeKnown, UNREAD } from './judge-known.js';
import { type DraftedRequest, statedFeedback, withEvidence } from './write-feedback.js';

/** Options of {@link createDescriptionCritic}. */
export interface DescriptionCriticOptions {
  /** A model that sees the image and describes it. */
  readonly generator: Generator;
  /** Default: the generator's name. */
  readonly name?: string;
  /** Tokens of a description at most. Default 160. */
  readonly maxTokens?: number;
  /** Default `formatPrompt`: `User: Q Assistant:`. */
  readonly formatPrompt?: (question: string) => string;
  /**
   * Whether the generator is told that its description is probably the response. One that does not run here passes
   * it over; the description comes sooner and is the same, but for roundings where two tokens are nearly as
   * probable. Default false.
   */
  readonly drafts?: boolean;
  /** Default {@link SCENE_ONTOLOGY}. */
  readonly ontology?: Ontology;
}

/**
 * Judges captions by what a model writes of the image itself, before it knows the response: what the response says
 * otherwise, says beside it or leaves out is an issue, with the description's clause as correction
 * (`captionIssues`). Accepted unread, with confidence 0.5, are answers to other questions, responses that name
 * nothing that the ontology knows, and all where the description does not, or did not come to its end.
 *
 * Confidence is (1 + p) / 2, p the probability of the description's tokens; none where the generator gives no
 * log-probabilities. It is the score of each issue's evidence, too.
 *
 * Source: ours; the description stands where the truth stands in the feedback that modules are trained on
 * (`feedbackFor`).
 *
 * @throws FgamError, at the call, as the generator does; the signal's reason
 * @example
 * ```ts
 * import type { Generator } from '@fgam/data';
 * import { createDescriptionCritic } from '@fgam/rectifier';
 *
 * const generator: Generator = {
 *   name: 'sees a circle',
 *   generate: async (requests) =>
 *     requests.map(() => ({ text: 'a small red circle at the top .', tokens: [1], logprobs: [0], finish: 'stop' })),
 * };
 * const asked = { image: 'scene.png', question: 'describe the image .' };
 * const [feedback] = await createDescriptionCritic({ generator }).critique([
 *   { ...asked, response: 'a large red circle at the top .' },
 * ]);
 * if (feedback?.verdict !== 'revise') throw new Error('accepted');
 * const expected = 'attribute : a small red circle at the top , not a large red circle at the top';
 * if (feedback.text !== expected) throw new Error(feedback.text);
 * ```
 */
export function createDescriptionCritic(options: DescriptionCriticOptions): Critic {
  const { generator, name = generator.name, maxTokens = 160, ontology = SCENE_ONTOLOGY } = options;
  const { formatPrompt: promptOf = (question) => formatPrompt(question), drafts = false } = options;
  return {
    name,
    async critique(requests, call = {}) {
      call.signal?.throwIfAborted();
      const namesKnown = (caption: string): boolean =>
        parseCaption(caption, ontology).some(
          (claim) => claim.about === 'object' && ontology.nouns.includes(claim.subject.noun),
        );
      const judges = ({ question, response }: CritiqueRequest): boolean =>
        isCaptionQuestion(question) && namesKnown(response);
      return judgeKnown(requests, judges, async (captions) => {
        const described = await generator.generate(
          captions.map(
            ({ image, question, response }): DraftedRequest => ({
              ...{ image, prompt: promptOf(question), maxTokens, temperature: 0 },
              ...(drafts ? { draft: response } : {}),
            }),
          ),
          call,
        );
        return captions.map(({ response }, i) => {
          const { text, logprobs, finish } = described[i] as Generation;
          if (finish === 'length' || !namesKnown(text)) return UNREAD;
          return withEvidence(statedFeedback(captionIssues(text, response, ontology), response, logprobs));
        });
      });
    },
  };
}
