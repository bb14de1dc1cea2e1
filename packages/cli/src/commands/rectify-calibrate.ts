import { join } from 'node:path';
import { isRight, renderReliability } from '@fgam/bench';
import { writeAtomic } from '@fgam/data';
import { calibrateEnsemble, type EnsembleCalibration } from '@fgam/rectifier';
import type { Command } from 'commander';
import { answerQuestions, imageOf } from '../answer-questions.js';
import { makeOutputFolder } from '../bench-tasks/make-output-folder.js';
import { plainTable } from '../bench-tasks/plain-table.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { addCriticOptions, type CriticOptions } from '../ports/critic-options.js';
import { writeEnsembleFile } from '../ports/ensemble-file.js';
import { modelIdentity } from '../ports/model-identity.js';
import { addModelOptions, type ModelOptions } from '../ports/model-options.js';
import { openAnswering } from '../ports/open-answering.js';
import { GROUNDED } from '../ports/open-critic.js';
import { openMembers } from '../ports/open-critics.js';
import { withProgress } from '../progress.js';
import { readSceneData } from '../scene-data.js';
import { usageError } from '../usage-error.js';
import { positiveNumber } from '../whole-number.js';

interface CalibrateOptions extends CommonOptions, ModelOptions, CriticOptions {
  readonly data: string;
  readonly limit?: number;
  readonly bins: number;
  readonly out: string;
}

/** `fgam rectify calibrate`: from which score on critics accept, and how far their scores are probabilities. */
export function addRectifyCalibrateCommand(rectify: Command): void {
  const command = rectify
    .command('calibrate')
    .description("set the critics' acceptance threshold on a validation split, with a reliability plot");
  addCriticOptions(addModelOptions(command), '', GROUNDED)
    .requiredOption('--data <folder>', 'scenes folder of a validation split')
    .option('--limit <n>', 'questions taken, from the first', positiveNumber)
    .option('--bins <n>', 'bars of the plot', positiveNumber, 10)
    .requiredOption('--out <folder>', 'folder for calibration.json and reliability.html')
    .action((options: CalibrateOptions) =>
      interruptible(
        (signal) => calibrate(options, command, signal),
        'nothing was written; run the command again',
      ),
    );
}

async function calibrate(options: CalibrateOptions, command: Command, signal: AbortSignal): Promise<void> {
  const { critic: critics = [], out, bins, limit } = options;
  for (const name of ['threshold', 'calibration'])
    if (command.getOptionValueSource(name) === 'cli')
      usageError(command, `expected no --${name}, which is what is sought`);
  await makeOutputFolder(out);
  const data = await readSceneData(options.data);
  // A caption is right in parts: it has no place in a threshold of right and wrong.
  const questions = data.questions.filter(({ kind }) => kind !== 'caption').slice(0, limit);
  const answering = await openAnswering(options, command);
  try {
    const { members, dispose } = await openMembers(critics, { options, answering, command });
    try {
      const answers = await withProgress('answers', questions.length, (onProgress) =>
        answerQuestions(answering.answerer, data, questions, { signal, onProgress }),
      );
      const examples = questions.map((question, i) => {
        const response = answers[i]?.answer ?? '';
        const request = { image: imageOf(data, question), question: question.question, response };
        return { request, isRight: isRight(question, response) };
      });
      const found = await calibrateEnsemble(members, examples, { signal, bins });
      const { threshold, balancedAccuracy, reliability } = found;
      const content = {
        ...{ model: answering.name, identity: await modelIdentity(options) },
        ...{ critics: [...critics], threshold, examples: examples.length, balancedAccuracy },
        ...{ calibrationError: reliability.error, brier: reliability.brier },
      };
      const file = join(out, 'calibration.json');
      const page = join(out, 'reliability.html');
      await writeAtomic(page, await renderReliability({ bins: reliability.bins, threshold }));
      await writeEnsembleFile(file, content);
      printResult(options, { ...content, bins: reliability.bins, file, page }, inWords(found, file, page));
    } finally {
      await dispose();
    }
  } finally {
    await answering.answerer.dispose();
  }
}

function inWords(found: EnsembleCalibration, file: string, page: string): string {
  const { threshold, sensitivity, specificity, reliability, scores } = found;
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return [
    plainTable(
      ['score', 'answers', 'right'],
      reliability.bins.map(({ low, high, count, right }) => [
        `${low.toFixed(2)} to ${high.toFixed(2)}`,
        String(count),
        right === undefined ? '' : percent(right),
      ]),
    ),
    `accepts from ${threshold.toFixed(3)} on: of ${scores.length} answers ${percent(sensitivity)} of the right ones accepted, ${percent(specificity)} of the wrong ones refused`,
    `calibration error ${reliability.error.toFixed(3)}, Brier score ${reliability.brier.toFixed(3)}`,
    `${file} (for --calibration), ${page}`,
  ].join('\n');
}
