import { expect, it } from 'vitest';
import { left, middle, photo, region, right } from './photo.test-support.js';
import { regionConversations } from './region-conversations.js';

it('asks for the caption, the description of each box, the box of each description', () => {
  const sample = photo([region('dog', left), region('cat', right)], { caption: 'a dog and a cat' });
  const { conversations, ambiguous } = regionConversations(sample);
  expect(ambiguous).toBe(0);
  expect(conversations.map(({ id, image }) => [id, image])).toEqual([
    ['p/caption', 'p.jpg'],
    ['p/regions', 'p.jpg'],
    ['p/grounding', 'p.jpg'],
  ]);
  const [caption, regions, grounding] = conversations.map(({ turns }) => turns);
  expect(caption?.map(({ answer }) => answer)).toEqual(['a dog and a cat']);
  expect(regions).toEqual([
    {
      question: 'Please provide a short description for this region: [0.10, 0.40, 0.30, 0.60]',
      answer: 'a dog',
    },
    {
      question: 'Please provide a short description for this region: [0.70, 0.40, 0.90, 0.60]',
      answer: 'a cat',
    },
  ]);
  expect(grounding?.[1]).toEqual({
    question: 'a cat\nPlease provide the bounding box coordinate of the region.',
    answer: '[0.70, 0.40, 0.90, 0.60]',
  });
});

it('asks for no box of a description that fits two regions, whatever its case', () => {
  const sample = photo([
    region('dog', left),
    region('dog', right, { description: 'A  dog.' }),
    region('cat', middle),
    region('fog', middle, { description: ' ' }),
  ]);
  const { conversations, ambiguous } = regionConversations(sample);
  expect(ambiguous).toBe(2);
  const turns = Object.fromEntries(conversations.map(({ id, turns: said }) => [id, said.length]));
  expect(turns).toEqual({ 'p/regions': 3, 'p/grounding': 1 });
});

it('begins another conversation beyond the most turns, and keeps those that the sample has', () => {
  const own = { id: '4', turns: [{ question: 'What is it?', answer: 'A zoo.' }], source: 'llava-instruct' };
  const sample = photo([region('dog', left), region('cat', right), region('hat', middle)], {
    conversations: [own],
  });
  const { conversations } = regionConversations(sample, { turns: 2 });
  expect(conversations.map(({ id, turns }) => [id, turns.length])).toEqual([
    ['p/regions', 2],
    ['p/regions-2', 1],
    ['p/grounding', 2],
    ['p/grounding-2', 1],
    ['p/conversation-4', 1],
  ]);
  expect(regionConversations(photo([])).conversations).toEqual([]);
  expect(() => regionConversations(sample, { turns: 0 })).toThrow(/expected turns of 1 or more/);
});

it('reads a description with a million blanks at once', () => {
  const spread = { ...region('a', left), description: `a${' '.repeat(1_000_000)}b .` };
  const sample = photo([spread, { ...region('b', right), description: 'A b' }]);
  // They say the same, so neither can be asked about alone.
  expect(regionConversations(sample).ambiguous).toBe(2);
});
