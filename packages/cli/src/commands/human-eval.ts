import { existsSync } from 'node:fs';
import {
  humanEvaluation,
  humanEvaluationText,
  openRatingStore,
  type RatingStore,
} from '@fgam/bench/human-eval';
import { type Command, InvalidArgumentError } from 'commander';
import { serveHumanEval, type ServeHumanEvalOptions } from '../human-eval/serve-human-eval.js';
import { checkAddress } from '../check-address.js';
import { interruptible } from '../interrupt.js';
import { type CommonOptions, printResult } from '../output.js';
import { usageError } from '../usage-error.js';
import { portNumber, positiveNumber } from '../whole-number.js';

type ServeOptions = CommonOptions & ServeHumanEvalOptions;

/** `fgam human-eval serve|report`: people rate or correct responses on a page; what came of it. */
export function addHumanEvalCommands(program: Command): void {
  const group = program.command('human-eval').description('blind rating page, agreement statistics');
  group
    .command('serve')
    .description('serve the page on which people rate responses of systems, or correct those of one')
    .requiredOption('--store <file>', 'SQLite file of the study: made, or gone on with')
    .option('--data <folder>', 'scenes folder to ask about')
    .option('--questions <file>', 'or JSON Lines of {id, image, question} or {question_id, image, text}')
    .option('--images <folder>', 'what the images of --questions are relative to')
    .option(
      '--responses <name=file>',
      'a system and its answers or trajectories; once for each system',
      responses,
    )
    .option('--raters <names>', 'who rates, with commas between; each gets a link', names)
    .option('--items <n>', 'questions drawn at random (default: all)', positiveNumber)
    .option('--author', "correct one system's responses instead; they become trajectories")
    .option('--trajectories <file>', 'where corrections go (default: trajectories.jsonl beside the store)')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0: any', portNumber, 8321)
    .action(serve);
  group
    .command('report')
    .description('means with intervals, agreement and hallucination rate, once all is rated')
    .argument('<store>', 'SQLite file of the study')
    .action((path: string, options: CommonOptions) => {
      const store = openRatingStore(path);
      try {
        report(store, options);
      } finally {
        store.close();
      }
    });
}

async function serve(options: ServeOptions, command: Command): Promise<void> {
  refuseNoQuestions(options, command);
  await interruptible(async (signal) => {
    await checkAddress(options.host, options.port);
    const served = await serveHumanEval(options);
    const { mode, items } = served.store.study;
    const links = [...served.links].map(([rater, link]) => `  ${rater}: ${link}`);
    printResult(
      options,
      {
        url: served.url,
        mode,
        items: items.length,
        links: Object.fromEntries(served.links),
        ...(served.trajectories === undefined ? {} : { trajectories: served.trajectories }),
      },
      `${items.length} items to ${mode === 'rate' ? 'rate' : `correct, written to ${served.trajectories ?? ''}`}. ` +
        `Whoever has a link works in its name:\n${links.join('\n')}\nCtrl-C ends; the same command goes on.`,
    );
    try {
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    } finally {
      await served.close();
    }
  });
}

/** A new study, or one that is named anew, needs one source of questions. @throws as `usageError` */
function refuseNoQuestions(options: ServeOptions, command: Command): void {
  const { store, data, questions, images, responses: systems, raters } = options;
  const isNamed = [data, questions, images, systems, raters].some((given) => given !== undefined);
  if (!isNamed && existsSync(store)) return;
  const isOne = (data === undefined) !== (questions === undefined);
  if (!isOne || (questions === undefined) !== (images === undefined))
    usageError(
      command,
      'expected --data FOLDER, or --questions FILE with --images FOLDER; give one of these, or a --store that is there',
    );
}

function report(store: RatingStore, options: CommonOptions): void {
  const { study } = store;
  if (study.mode === 'rate') {
    const result = humanEvaluation(study, store.answers(), { seed: options.seed });
    printResult(options, result, humanEvaluationText(result));
    return;
  }
  const authors = study.raters.map((name) => {
    const own = store.corrections({ rater: name }).map(({ correction }) => correction.verdict);
    return { name, done: own.length, revised: own.filter((verdict) => verdict === 'revise').length };
  });
  const of = study.items.length;
  printResult(
    options,
    { items: of, authors },
    authors
      .map(({ name, done, revised }) => `${name}: ${done} of ${of}, ${revised} with a correction`)
      .join('\n'),
  );
}

function responses(text: string, before: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || file === undefined)
    throw new InvalidArgumentError('expected NAME=FILE, such as base=predictions.jsonl');
  if (before.has(name)) throw new InvalidArgumentError(`expected each name once, got ${name} twice`);
  return new Map([...before, [name, file]]);
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}
