import type { Trajectory } from '@fgam/data';
import { expect, it } from 'vitest';
import { exportConversations } from './export-conversations.js';
import { EXPORT_FORMATS } from './export-format.js';
import { exportTrajectories } from './export-trajectories.js';

const refused = {
  response: 'no',
  feedback: { verdict: 'revise', issues: [], text: 'object : there is a red circle' },
} as const;
const revised: Trajectory = {
  ...{
    id: 'a',
    image: 'a.png',
    question: 'is there a red circle ?',
    final: 'yes',
    stop: 'accepted' as const,
  },
  attempts: [refused, { response: 'yes', feedback: { verdict: 'accept' } }],
};
const other: Trajectory = { ...revised, id: 'b' };

it.each(EXPORT_FORMATS)('%s: no trajectory teaches to say nothing', (format) => {
  const write = (...all: readonly Trajectory[]) => exportTrajectories(all, { format, critic: true });
  const end = { response: ' \n', feedback: { verdict: 'accept' } } as const;
  const blank: Trajectory = { ...revised, id: 'c', final: ' \n', attempts: [refused, end] };
  expect(write(revised, blank, other)).toEqual(write(revised, other));
  expect(() => write(blank)).toThrow(/final response says something, got 1 blank ones; give others/);
});

it.each(EXPORT_FORMATS)('%s: no critic is taught to refuse without a word', (format) => {
  const mute = { response: 'maybe', feedback: { verdict: 'revise', issues: [], text: ' ' } } as const;
  const muted: Trajectory = { ...revised, attempts: [mute, ...revised.attempts] };
  const files = Object.entries(exportTrajectories([muted], { format, critic: true }));
  const feedback = files.find(([name]) => name.includes('_rm.'))?.[1] ?? '';
  expect(feedback).toContain('there is a red circle');
  expect(feedback).not.toContain('maybe');
});

it.each(EXPORT_FORMATS)('%s: conversations with a blank answer are left out', (format) => {
  const conversation = (id: string, ...answers: readonly string[]) => ({
    ...{ id, image: 'a.png' },
    turns: answers.map((answer) => ({ question: 'what is it ?', answer })),
  });
  const [one, two] = [conversation('1', 'a cat'), conversation('2', 'a dog', 'a hat')];
  const blank = conversation('3', 'a cat', ' \n');
  const write = (...all: readonly (typeof one)[]) => exportConversations(all, { format });
  expect(write(one, blank, two)).toEqual(write(one, two));
  expect(() => write(blank)).toThrow(
    /conversations without blank answers, got one in each of 1; give others/,
  );
});
