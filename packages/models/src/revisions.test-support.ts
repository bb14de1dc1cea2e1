import type { AnswerRequest } from '@fgam/data';
import { expect } from 'vitest';
import type { AnswererOptions, FormatAnswerPrompt, ModelAnswerer } from './answerer.js';
import { uniforms } from './test-support.js';

/** What is asked, and who is asked. */
export interface RevisionCases {
  readonly open: (options: Pick<AnswererOptions, 'formatPrompt' | 'draftRevisions'>) => ModelAnswerer;
  readonly images: readonly AnswerRequest['image'][];
  /** What questions, feedback and wrong responses are made of. */
  readonly words: readonly string[];
  readonly cases: number;
}

/** The response is not in it, so that one can be given that is what will be said. */
const formatPrompt: FormatAnswerPrompt = (question, revision) =>
  `User: ${question} Feedback: ${revision?.feedback ?? ''} Assistant:`;

/**
 * Revises responses by feedback, with and without drafts: any, then an answerer's own ones, whole and with a
 * word changed. The texts have to be the same.
 */
export async function expectSameRevisions({ open, images, words, cases }: RevisionCases): Promise<void> {
  const uniform = uniforms(11);
  const whole = (below: number): number => Math.floor(below * uniform());
  const text = (count: number): string =>
    Array.from({ length: count }, () => words[whole(words.length)] ?? '').join(' ');
  const requests = Array.from({ length: cases }, (): AnswerRequest => {
    const revision = { response: text(whole(9)), feedback: text(1 + whole(5)) };
    const image = images[whole(images.length)] as NonNullable<AnswerRequest['image']>;
    return { image, question: text(1 + whole(4)), revision, maxTokens: 1 + whole(20) };
  });
  const [plain, drafted] = [false, true].map((draftRevisions) => open({ formatPrompt, draftRevisions })) as [
    ModelAnswerer,
    ModelAnswerer,
  ];
  const wanted = await plain.answer(requests);
  expect(await drafted.answer(requests)).toEqual(wanted);
  expect(new Set(wanted.map((answer) => answer.text)).size).toBeGreaterThan(cases / 10);
  // Again with what they said as the response: whole or with a word changed.
  const again = requests.map((request, i): AnswerRequest => {
    const said = (wanted[i]?.text ?? '').split(' ');
    if (whole(2) === 0) said[whole(said.length)] = text(1);
    return { ...request, revision: { feedback: request.revision?.feedback ?? '', response: said.join(' ') } };
  });
  expect(await drafted.answer(again)).toEqual(await plain.answer(again));
  await Promise.all([plain.dispose(), drafted.dispose()]);
}
