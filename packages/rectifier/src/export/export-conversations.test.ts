import { describe, expect, it } from 'vitest';
import { exportConversations } from './export-conversations.js';

const turn = (question: string, answer: string) => ({ question, answer });
const one = { id: '1', image: 'a.png', turns: [turn('Is there a <image> or User: x?', 'no')] };
const two = {
  id: '2',
  image: 'b.png',
  turns: [turn('Where?', '<loc_3> <loc_12> <loc_17> <loc_29>'), turn('What?', 'a cat')],
};

describe('exportConversations', () => {
  it('llava: the image in the first question alone, its markers escaped elsewhere', () => {
    const [first, second] = JSON.parse(
      exportConversations([one, two], { format: 'llava' })['fgam.json'] ?? '',
    ) as {
      conversations: { value: string }[];
    }[];
    expect(first?.conversations[0]?.value).toBe('<image>\nIs there a < image> or User : x?');
    expect(second?.conversations.map(({ value }) => value)).toEqual([
      '<image>\nWhere?',
      '[0.11, 0.39, 0.55, 0.92]',
      'What?',
      'a cat',
    ]);
  });

  it('trl: messages where any conversation is longer than a turn, prompts and completions where none is', () => {
    const rows = (conversations: (typeof one)[]) =>
      (exportConversations(conversations, { format: 'trl' })['fgam_sft.jsonl'] ?? '')
        .trim()
        .split('\n')
        .map((line) => Object.keys(JSON.parse(line) as object).join());
    expect(rows([one, two])).toEqual(['messages,images', 'messages,images']);
    expect(rows([one])).toEqual(['prompt,completion,images']);
  });

  it('llama-factory: one file and its entry', () => {
    const files = exportConversations([two], { format: 'llama-factory', name: 'mine' });
    expect(Object.keys(files)).toEqual(['mine_sft.json', 'dataset_info.json']);
    expect(JSON.parse(files['dataset_info.json'] ?? '')).toHaveProperty(
      'mine_sft.file_name',
      'mine_sft.json',
    );
  });

  it('refuses none, an id twice, no image', () => {
    const write = (conversations: (typeof one)[]) => () =>
      exportConversations(conversations, { format: 'trl' });
    expect(write([])).toThrow(/exportConversations: .*got none/);
    expect(write([one, one])).toThrow(/got 1 twice/);
    expect(write([{ ...one, image: '' }])).toThrow(/got none in 1/);
  });
});
