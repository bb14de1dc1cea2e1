import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answerer, AnswerRequest } from './ports.js';

/** What a contract suite is run on. */
export interface AnswererCase {
  /** Called a few times; each is disposed of. */
  readonly make: () => Promise<Answerer & { dispose(): Promise<void> }>;
  /** At least two of different answers. */
  readonly requests: () => readonly AnswerRequest[];
  /**
   * Where a revision can be told from a first answer: what was asked since it was called last, as one text.
   * Default: by the answers.
   */
  readonly asked?: () => string;
}

/** What every answerer keeps to. */
export function answererContract(name: string, { make, requests, asked }: AnswererCase): void {
  describe(`${name} keeps to the contract of answerers`, () => {
    let answerer: Answerer & { dispose(): Promise<void> };
    beforeAll(async () => {
      answerer = await make();
    });
    afterAll(() => answerer.dispose());

    it('has a name', () => {
      expect(answerer.name).not.toBe('');
    });

    it('gives one answer a request, in order, the same in any batch', async () => {
      const all = requests();
      const answers = await answerer.answer(all);
      expect(answers).toHaveLength(all.length);
      expect(new Set(answers.map(({ text }) => text)).size).toBeGreaterThan(1);
      expect(await answerer.answer([...all].reverse())).toEqual([...answers].reverse());
      for (const [i, request] of all.entries())
        expect(await answerer.answer([request])).toEqual([answers[i]]);
    });

    it('counts tokens, where it does, within what was asked for', async () => {
      const short = requests().map((request) => ({ ...request, maxTokens: 2 }));
      for (const { text, tokens } of await answerer.answer(short)) {
        expect(text).toBe(text.trim());
        if (tokens === undefined) continue;
        expect(Number.isInteger(tokens)).toBe(true);
        expect(tokens).toBeLessThanOrEqual(2);
      }
    });

    it('reads what it answered and the feedback, where a revision is asked for', async () => {
      const [first] = requests();
      if (first === undefined) throw new Error('no request');
      const ask = async (revision?: AnswerRequest['revision']): Promise<string> => {
        asked?.();
        const [answer] = await answerer.answer([{ ...first, ...(revision ? { revision } : {}) }]);
        return asked?.() ?? answer?.text ?? '';
      };
      const plain = await ask();
      const revised = await ask({ response: 'a zebra', feedback: 'object : no zebra' });
      expect(revised).not.toBe(plain);
      expect(await ask({ response: 'a zebra', feedback: 'count : two of them' })).not.toBe(revised);
      expect(await ask({ response: 'a horse', feedback: 'object : no zebra' })).not.toBe(revised);
    });

    it('answers a question without an image, the same beside one with', async () => {
      const [first] = requests();
      if (first === undefined) throw new Error('no request');
      const alone = { question: first.question };
      asked?.();
      const [answer] = await answerer.answer([alone]);
      expect(asked?.() ?? '').not.toContain('data:image');
      expect(answer?.text).toBe(answer?.text.trim());
      const [pictured] = await answerer.answer([first]);
      expect(await answerer.answer([first, alone])).toEqual([pictured, answer]);
    });

    it('gives an empty list for an empty list', async () => {
      expect(await answerer.answer([])).toEqual([]);
    });

    it('rejects with the reason of an aborted signal, before and during work', async () => {
      const reason = new Error('enough');
      await expect(answerer.answer(requests(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const during = new AbortController();
      const answers = answerer.answer(requests(), { signal: during.signal });
      during.abort(reason);
      await expect(answers).rejects.toBe(reason);
      // What was cut short leaves nothing behind.
      expect(await answerer.answer(requests())).toHaveLength(requests().length);
    });

    it('answers no more once it is disposed of', async () => {
      const other = await make();
      await other.answer(requests().slice(0, 1));
      await other.dispose();
      await other.dispose();
      await expect(other.answer(requests())).rejects.toThrow(/dispose/);
    });
  });
}
