import {
  PAPER_ROLES,
  type PaperData,
  type PaperLoop,
  paperHuman,
  type PaperRole,
  type PaperRow,
  parsePaperData,
  type Report,
} from '@fgam/bench';
import { humanEvaluation, openRatingStore } from '@fgam/bench/human-eval';
import { FgamError, readJson } from '@fgam/data';
import { badScores } from './bad-scores.js';
import { readReproduction } from './read-reproduction.js';
import { readScores, type SavedScores } from './read-scores.js';
import { reproductionData, reproductionTerms } from './reproduction-data.js';

/** A row of the report and the files of its scores, one a benchmark. */
export interface RowFiles {
  /** `base`, or `LLaVA-1.5-7B/base`. */
  readonly name: string;
  readonly files: readonly string[];
}

/** What a report is assembled from. */
export interface AssembleReportOptions {
  readonly title: string;
  readonly rows: readonly RowFiles[];
  /** SQLite file of a rating study. */
  readonly humanEval?: string;
  /** Files of data of the paper's tables, as `bench errors --json` and `bench latency --json` print them. */
  readonly data?: readonly string[];
  /** `reproduction.json` files of `bench reproduce`. */
  readonly reproductions?: readonly string[];
  /** Of the intervals' bootstrap. */
  readonly seed: number;
  /** A report that gets the sections; default a new one. */
  readonly report?: Report;
}

/** The family of rows whose name has none. */
const FAMILY = 'models';
/** Rows whose system rectifies its answers: where there are final ones, these are the row's. */
const RECTIFYING: readonly PaperRole[] = ['without-stage-1', 'rtcl', 'scc', 'sft', 'ppo', 'hybrid', 'full'];

/**
 * A report from saved results: a variant and a row of the paper's tables for each name, Tables 3 and 4 from
 * files, Table 5 from a rating study, all of it but that over seeds from reproductions.
 *
 * @throws FgamError `fgam/bad-scores` for files of another form, two of one benchmark in a row, two
 * reproductions of one scale and family, or rows scored by other rules or on other counts of questions;
 * `fgam/unfinished-study` where not all is rated
 */
export async function assembleReport(options: AssembleReportOptions): Promise<Report> {
  const { title, rows, humanEval, data = [], reproductions = [], seed, report } = options;
  const read = await Promise.all(
    rows.map(async ({ name, files }) => ({ name, scores: await Promise.all(files.map(readScores)) })),
  );
  refuseTwice(read);
  const scores = read.flatMap((each) => each.scores);
  const terms = sharedTerms(scores, report?.provenance ?? {});
  const given = await Promise.all(data.map(async (file) => parsePaperData(await readJson(file))));
  const reproduced = await Promise.all(reproductions.map(readReproduction));
  const human = humanEval === undefined ? undefined : readStudy(humanEval, seed);
  const before = report ?? {
    ...{ title, generatedAt: new Date().toISOString(), provenance: {} },
    ...{ variants: [], curves: [], comparisons: [], examples: [] },
  };
  return {
    ...before,
    provenance: Object.fromEntries(
      [before.provenance, terms, ...reproduced.map(reproductionTerms)].flatMap((each) =>
        Object.entries(each),
      ),
    ),
    variants: [...before.variants, ...read.map(variantOf)],
    paper: mergeData([
      ...(before.paper === undefined ? [] : [before.paper]),
      { rows: read.map(paperRowOf) },
      ...given,
      ...reproduced.map(reproductionData),
      ...(human === undefined ? [] : [{ human }]),
    ]),
  };
}

interface ReadRow {
  readonly name: string;
  readonly scores: readonly SavedScores[];
}

function variantOf({ name, scores }: ReadRow): Report['variants'][number] {
  const isRectified = scores.some(({ final }) => final !== undefined);
  return {
    ...{ name, description: scores.map(({ task }) => task).join(', ') },
    metrics: together(scores.map(({ first }) => first)),
    ...(isRectified ? { withLoop: together(scores.map(({ final = {} }) => final)) } : {}),
  };
}

function paperRowOf({ name, scores }: ReadRow): PaperRow {
  const [, family = FAMILY, variant = name] = /^(?:(.*)\/)?([^/]*)$/.exec(name) ?? [];
  const role = PAPER_ROLES.find((each) => each === variant) ?? 'other';
  const isRectifying = RECTIFYING.includes(role);
  const shown = scores.map(({ first, final }) => (isRectifying ? (final ?? first) : first));
  return { family, variant, roles: [role], metrics: together(shown) };
}

function together(parts: readonly SavedScores['first'][]): SavedScores['first'] {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

/** One benchmark has one file in a row: of two it would be unknown which number is shown. */
function refuseTwice(rows: readonly ReadRow[]): void {
  for (const { name, scores } of rows) {
    const twice = scores.filter(
      ({ task }, place) => scores.findIndex((each) => each.task === task) !== place,
    );
    if (twice.length > 0)
      throw badScores(
        `${name}: expected each benchmark once, got ${twice.map(({ task, file }) => `${task} again in ${file}`).join(', ')}; give the files names of their own with --row`,
      );
  }
}

/**
 * Rules, counts and notes of each benchmark. Numbers that stand in one line must be of the same, and of those of the
 * report that they are added to.
 */
function sharedTerms(scores: readonly SavedScores[], before: Report['provenance']): Record<string, string> {
  const byTask = new Map<string, SavedScores[]>();
  for (const each of scores) byTask.set(each.task, [...(byTask.get(each.task) ?? []), each]);
  return Object.fromEntries(
    [...byTask].map(([task, own]) => {
      const terms = new Set(own.map((each) => each.terms));
      if (terms.size > 1)
        throw badScores(
          `${task}: expected all rows by the same rules on the same questions, got ${own.map(({ file, terms: its }) => `${its} in ${file}`).join('; ')}; score them alike`,
        );
      const [its = ''] = terms;
      const known = String(before[task] ?? its);
      if (known !== its && !known.startsWith(`${its}; `))
        throw badScores(
          `${task}: expected rows by the rules and on the questions of the report, ${known}, got ${its}; score them alike`,
        );
      const notes = [...new Set(own.flatMap((each) => each.notes))].filter((note) => !known.includes(note));
      return [task, [known, ...notes].join('; ')];
    }),
  );
}

function readStudy(path: string, seed: number): NonNullable<PaperData['human']> {
  const store = openRatingStore(path);
  try {
    const result = humanEvaluation(store.study, store.answers(), { seed });
    if (result.complete) return paperHuman(result);
    throw new FgamError<'fgam/unfinished-study'>(
      'fgam/unfinished-study',
      `${path}: expected a study in which all is rated, got ${result.raters.map(({ name, rated, of }) => `${name}: ${rated} of ${of}`).join(', ')}; results are shown when it is complete`,
    );
  } finally {
    store.close();
  }
}

/** Lists one after the other; of the human evaluation the last. */
function mergeData(parts: readonly PaperData[]): PaperData {
  const human = parts.findLast((part) => part.human !== undefined)?.human;
  const loops = parts.flatMap((part) => part.loops ?? []);
  refuseLoopsTwice(loops);
  return {
    rows: parts.flatMap(({ rows = [] }) => rows),
    errors: parts.flatMap(({ errors = [] }) => errors),
    latency: parts.flatMap(({ latency = [] }) => latency),
    loops,
    critics: parts.flatMap(({ critics = [] }) => critics),
    ...(human === undefined ? {} : { human }),
  };
}

/** Runs of one size are one reproduction: of two it would be unknown whose row is shown. */
function refuseLoopsTwice(loops: readonly PaperLoop[]): void {
  const names = loops.map(
    ({ family, variant, critic, scale }) => `${variant} of ${family} by ${critic} at the scale ${scale}`,
  );
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined)
    throw badScores(
      `expected each row of reproductions once, got ${twice} twice; run bench reproduce with all seeds, or make a report of each`,
    );
}
