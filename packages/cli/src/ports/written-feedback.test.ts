import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GenerateRequest, Generation, Generator } from '@fgam/data';
import {
  createGenerator,
  createPretrainedGenerator,
  createWeights,
  loadPretrained,
  type ModelGenerator,
} from '@fgam/models';
import { createModelCritic, FEEDBACK_PATTERN, formatFeedback, parseFeedback } from '@fgam/rectifier';
import { describe, expect, it } from 'vitest';
import { tinyModel } from '../commands/command.test-support.js';

const fixtures = fileURLToPath(new URL('../../../models/test-fixtures', import.meta.url));
const image = join(fixtures, 'tiny-llava/images/exact.png');
const response = 'a red circle ; not a cat , not two';
const requests = ['is there a cat ?', 'what is it ?', 'how many ?', 'where ?'].map((question) => ({
  image,
  question,
  response,
}));

/** Where a family's prompt has its image. */
const FRONTS: Readonly<Record<string, string>> = {
  llava: '<image>\n',
  'qwen2-vl': '<|vision_start|><|image_pad|><|vision_end|>',
  minigpt4: '<ImageHere> ',
};

/** Weights from nothing: whatever a model says, and as it is sampled. */
const modules: Readonly<Record<string, () => Promise<ModelGenerator>>> = {
  compact: async () => createGenerator({ ...tinyModel(), weights: createWeights(tinyModel().config, 7) }),
  ...Object.fromEntries(
    ['llava', 'qwen2-vl', 'instructblip', 'minigpt4', 'blip2'].map((name) => [
      name,
      async () => createPretrainedGenerator(await loadPretrained(join(fixtures, `tiny-${name}`))),
    ]),
  ),
};

describe.each(Object.entries(modules))('feedback of an untrained %s model', (name, open) => {
  it('is in the grammar and is read without loss, greedy or sampled, however short', async () => {
    const generator = await open();
    const [faults, texts]: [string[], string[]] = [[], []];
    const front = FRONTS[name] ?? '';
    for (const [seed, temperature] of [0, 0.7, 1.5, 4].entries())
      for (const maxTokens of [24, 60, 96]) {
        const critic = createModelCritic({
          generator: recording(generator, texts, { seed, temperature }),
          maxTokens,
          formatPrompt: (question) => `${front}${question}`,
          onFault: (fault) => faults.push(fault),
        });
        for (const feedback of await critic.critique(requests)) {
          const text = formatFeedback(feedback, { response });
          const { confidence, ...said } = feedback;
          // Evidence and confidence are the critic's, and not in the text.
          const written =
            said.verdict === 'accept'
              ? said
              : { ...said, issues: said.issues.map((issue) => ({ ...issue, evidence: undefined })) };
          expect(parseFeedback(text, { response })).toEqual(written);
          expect(confidence).toBeGreaterThanOrEqual(0);
        }
      }
    await generator.dispose();
    expect(faults).toEqual([]);
    expect(new Set(texts).size).toBeGreaterThan(20);
    for (const text of texts) expect(text).toMatch(new RegExp(`^(?:${FEEDBACK_PATTERN})$`, 'u'));
  });
});

/** Samples where the critic is greedy, so that more is said, and keeps what is said. */
function recording(
  generator: Generator,
  texts: string[],
  sampling: Pick<GenerateRequest, 'seed' | 'temperature'>,
): Generator {
  return {
    name: generator.name,
    async generate(asked, call): Promise<readonly Generation[]> {
      const said = await generator.generate(
        asked.map((request) => ({ ...request, ...sampling })),
        call,
      );
      texts.push(...said.map(({ text }) => text));
      return said;
    },
  };
}
