import { createHash } from 'node:crypto';
import type { Answer, Attempt, Feedback, ImageSource, StopReason, Trajectory } from '@fgam/data';
import { foldSpace } from '../feedback/format-feedback.js';
import { chooseFinal } from './choose-final.js';
import { isAcceptance } from './feedback-score.js';
import type { RectifyRequest } from './rectify-options.js';

/** A request on its way through the loop. */
export interface RequestState {
  readonly request: RectifyRequest;
  readonly attempts: Attempt[];
  tokens: number;
}

/**
 * The stop that a new response brings: it repeats the response before it, says nothing where that one says
 * something, or is held worse by a decide step (`unchanged`: the one before it stays), or it repeats an earlier one
 * (`cycle`). Responses that differ in white space alone are the same.
 */
export function stopOfResponse(attempts: readonly Attempt[]): StopReason | undefined {
  if (attempts.at(-1)?.decision === 'worse') return 'unchanged';
  const responses = attempts.map(({ response }) => foldSpace(response));
  const last = responses.pop();
  if (last === undefined || responses.length === 0) return undefined;
  // Of a blank one nothing is taken: no revision.
  if (last === '' || responses.at(-1) === last) return 'unchanged';
  return responses.includes(last) ? 'cycle' : undefined;
}

/** The stop that feedback brings. */
export function stopOfFeedback(feedback: Feedback): StopReason | undefined {
  return isAcceptance(feedback) ? 'accepted' : undefined;
}

/** Tokens of an answer; its words where the answerer does not count. */
export function tokensOf(answer: Answer): number {
  return answer.tokens ?? answer.text.split(/\s+/).filter(Boolean).length;
}

/** The finished story of a request. */
export function toTrajectory({ request, attempts }: RequestState, stop: StopReason): Trajectory {
  const final = chooseFinal(attempts, request.question);
  return { ...namedRequest(request), attempts, final, stop };
}

/** What a trajectory says of its request: its images by their names. */
export function namedRequest({
  id,
  image,
  imageName = nameOfImage(image),
  question,
  context,
}: RectifyRequest): Pick<Trajectory, 'id' | 'image' | 'question' | 'context'> {
  const named = context && { turns: context.turns, images: context.images.map(nameOfImage) };
  return { id, image: imageName, question, ...(named ? { context: named } : {}) };
}

/** An image's path, or the hash of its bytes. */
export function nameOfImage(image: ImageSource): string {
  return typeof image === 'string' ? image : `sha256:${createHash('sha256').update(image).digest('hex')}`;
}

/** A seed of a request's round, the same in any batch. */
export function seedOf(seed: number, id: string, round: number): number {
  return createHash('sha256').update(`${seed}/${id}/${round}`).digest().readUInt32BE(0);
}
