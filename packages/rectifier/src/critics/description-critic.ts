import type { Critic, CritiqueRequest, Feedback, Generation, Generator } from '@fgam/data';
import { isCaptionQuestion } from '../claims/parse-question.js';
import { type Ontology, SCENE_ONTOLOGY } from '../claims/ontology.js';
import { type CaptionClause, parseCaption } from '../claims/parse-caption.js';
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
 * Confidence is c = (1 + p) / 2 of an acceptance, p the probability of the description's tokens, and of a refusal
 * 1 - (1 - c) r, r the share of the clauses of response and description that agree: of two refused responses the
 * one with more that is wrong is refused more surely, so that `chooseFinal` tells them apart. The score of each
 * issue's evidence is c. Without log-probabilities there is none of them.
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
      const clausesOf = (caption: string): readonly CaptionClause[] =>
        parseCaption(caption, ontology).filter((claim): claim is CaptionClause => claim.about === 'object');
      const namesKnown = (caption: string): boolean =>
        clausesOf(caption).some(({ subject }) => ontology.nouns.includes(subject.noun));
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
          const issues = captionIssues(text, response, ontology);
          const feedback = withEvidence(statedFeedback(issues, response, logprobs));
          return surerOfMore(feedback, clausesOf(response).length, response);
        });
      });
    },
  };
}

/** A refusal that is the surer the more is refused; nothing is lost of what it was. */
function surerOfMore(feedback: Feedback, clauses: number, response: string): Feedback {
  if (feedback.verdict === 'accept' || feedback.confidence === undefined) return feedback;
  const omitted = feedback.issues.filter(({ claim }) => claim === response.trim()).length;
  const agreeing = clauses - (feedback.issues.length - omitted);
  const share = Math.max(0, agreeing) / (clauses + omitted);
  return { ...feedback, confidence: 1 - (1 - feedback.confidence) * share };
}
