import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonLines, writeFiles } from '../choice.test-support.js';
import { textVqaTask } from './textvqa-task.js';

const question = (id: number, text: string, answer: string, people = 10) => ({
  ...{ question_id: id, image_id: 'i', question: text },
  answers: Array.from({ length: people }, () => answer),
});
const llava = (text: string, prompt = 'what?') => ({
  ...{ question_id: 'i', prompt: `${prompt}\nAnswer the question using a single word or phrase.`, text },
});

describe('questions of one image and the same words', () => {
  const score = async (rows: readonly unknown[]) => {
    const folder = await writeFiles({
      'TextVQA_val.json': {
        data: [question(1, 'What?', 'cat'), question(2, 'what?', 'dog'), question(3, 'Who?', 'owl')],
      },
      'said.jsonl': jsonLines(rows),
    });
    return textVqaTask.score({
      ...{ truth: [join(folder, 'TextVQA_val.json')], predictions: [join(folder, 'said.jsonl')] },
    });
  };

  it("are credited by the last one's answers in LLaVA's form, as its evaluation does, in any order", async () => {
    const rows = [llava('cat'), llava('dog'), llava('owl', 'Who?')];
    for (const said of [rows, rows.toReversed()]) {
      const { metrics, missing, notes } = await score(said);
      expect({ overall: metrics['overall'], missing }).toEqual({ overall: 66.67, missing: 0 });
      expect(notes).toEqual([expect.stringMatching(/a later question of the same image and words.*: 1$/)]);
    }
    await expect(score(rows.slice(1))).rejects.toThrow('1 missing (2)');
    await expect(score([...rows, llava('cat')])).rejects.toThrow('1 duplicate (2)');
  });

  it('have their own answers where rows have their ids', async () => {
    const { metrics, notes } = await score(
      ['cat', 'dog', 'owl'].map((answer, place) => ({ question_id: place + 1, answer })),
    );
    expect({ overall: metrics['overall'], notes }).toEqual({ overall: 100, notes: [] });
  });
});
