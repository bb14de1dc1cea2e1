import { join } from 'node:path';
import { createRandom } from '@fgam/data';
import type { FgamModel } from '@fgam/models';
import { answerQuestions } from '../answer-questions.js';
import { once } from '../once.js';
import { openAnswerer } from '../ports/open-answerer.js';
import { withProgress } from '../progress.js';
import { weightsSha256 } from '../weights-sha256.js';
import { folderName } from './folder-name.js';
import type { QuickstartScale } from './scale.js';
import type { QuickstartScenes } from './scenes.js';

/** A model's own answers to some training questions: material for corrections of its own mistakes. */
export async function draftAnswers(options: {
  readonly name: string;
  readonly model: FgamModel;
  readonly checkpoint: string;
  readonly scenes: QuickstartScenes;
  readonly scale: QuickstartScale;
  readonly seed: number;
  readonly out: string;
  readonly signal: AbortSignal;
}): Promise<{ readonly question: string; readonly response: string }[]> {
  const { name, model, checkpoint, scenes, scale, seed, out, signal } = options;
  const weights = await weightsSha256(checkpoint);
  return once(
    join(out, 'drafts'),
    folderName(name),
    { weights, scenes: scale.scenes, drafts: scale.drafts, seed },
    async () => {
      const questions = createRandom(`drafts/${seed}`).shuffle(scenes.train.questions).slice(0, scale.drafts);
      return withProgress(`drafts: ${name}`, questions.length, async (onProgress) => {
        const answerer = openAnswerer(model);
        try {
          const answers = await answerQuestions(answerer, scenes.train, questions, { signal, onProgress });
          return answers.map(({ id, answer }) => ({ question: id, response: answer }));
        } finally {
          await answerer.dispose();
        }
      });
    },
  );
}
