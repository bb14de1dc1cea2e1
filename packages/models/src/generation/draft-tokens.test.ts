import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadPretrained } from '../checkpoint/load-pretrained.js';
import { draftTokens } from './draft-tokens.js';

const folder = join(fileURLToPath(new URL('../../test-fixtures', import.meta.url)), 'tiny-llava');

describe('draftTokens', () => {
  const words = ['a', 'red', 'circle', 'circles'];
  const tokenizer = {
    encode: (text: string) => text.split(' ').flatMap((word) => (word === '' ? [] : [words.indexOf(word)])),
    endId: 9,
  };
  const request = { prompt: 'a', maxTokens: 10 };

  it('cuts a text behind its prompt and proposes that it ends', () => {
    expect(draftTokens({ ...request, draft: 'red circle' }, tokenizer)).toEqual([1, 2, 9]);
    expect(draftTokens({ ...request, draft: 'red' }, { ...tokenizer, endId: undefined })).toEqual([1]);
    expect(draftTokens({ ...request, prompt: 'a red ', draft: 'circle' }, tokenizer)).toEqual([2, 9]);
    expect(draftTokens({ ...request, draft: '' }, tokenizer)).toEqual([]);
    expect(draftTokens(request, tokenizer)).toEqual([]);
  });

  it('takes tokens as they are, and no more than may be said before the last', () => {
    expect(draftTokens({ ...request, draft: [7, 8, 9] }, tokenizer)).toEqual([7, 8, 9]);
    expect(draftTokens({ ...request, maxTokens: 3, draft: [7, 8, 9] }, tokenizer)).toEqual([7, 8]);
    expect(draftTokens({ ...request, maxTokens: 1, draft: 'red' }, tokenizer)).toEqual([]);
  });

  it('proposes nothing where the draft would change the tokens of the prompt', () => {
    const joining = { ...tokenizer, encode: (text: string) => (text.includes(' ') ? [5, 6] : [0]) };
    expect(draftTokens({ ...request, draft: 'red' }, joining)).toEqual([]);
  });

  it('gives the tokens that a checkpoint itself would say', async () => {
    const { tokenizer: own } = await loadPretrained(folder);
    const prompt = 'USER: What is it? ASSISTANT:';
    const said = own.encode(`${prompt} There is a red circle.`).slice(own.encode(prompt).length);
    const draft = own.decode(said).trim();
    expect(draft).toBe('There is a red circle.');
    const found = draftTokens(
      { prompt, maxTokens: 99, draft },
      { encode: (text) => own.encode(text), endId: undefined },
    );
    expect(found).toEqual(said);
    expect(found.length).toBeGreaterThan(3);
  });
});
