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
 * Confidence is c = (1 + p) / 2 of an acceptance, p the probability of the description's tokens, and
 * 1 - (1 - c) (1 - p (1 - J)) of a refusal, J the Jaccard index of the clauses of response and description: of two
 * refused responses the one that agrees less is refused more surely, by which the loop tells which to return
 * (`chooseFinal`), and a description that is not sure of itself is hardly more than a guess whatever it says. The
 * score of each issue's evidence is c. There is none of them where the generator gives no log-probabilities.
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
          return refusedBy(jaccardIndex(clausesOf(response), clausesOf(text)), feedback);
        });
      });
    },
  };
}

/** J of the clauses of two captions, which may say one twice: those of both over those of either. */
function jaccardIndex(some: readonly CaptionClause[], others: readonly CaptionClause[]): number {
  const left = others.map(({ text }) => text);
  let shared = 0;
  for (const { text } of some) {
    const at = left.indexOf(text);
    if (at < 0) continue;
    left.splice(at, 1);
    shared += 1;
  }
  return shared / Math.max(1, some.length + others.length - shared);
}

/** A refusal with its confidence, which was c, by what agrees. */
function refusedBy(jaccard: number, feedback: Feedback): Feedback {
  const { confidence: c } = feedback;
  if (feedback.verdict === 'accept' || c === undefined) return feedback;
  const p = 2 * c - 1;
  return { ...feedback, confidence: 1 - (1 - c) * (1 - p * (1 - jaccard)) };
}
