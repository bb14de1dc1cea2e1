import type { Judge } from '@fgam/data';
import { inferOption, NO_OPTION, type OptionRule } from '../choices/infer-option.js';
import { fillPrompt } from '../fill-prompt.js';
import type { MmbenchRow } from './read-mmbench.js';

/** A row with its answer, and the option that the answer means: undefined where there is none or nothing tells. */
export interface MmbenchVerdict {
  readonly item: MmbenchRow;
  readonly answer: string | undefined;
  readonly option: string | undefined;
}

/** A question: right if its first row is, right under every rotation. */
export interface MmbenchQuestion {
  readonly first: MmbenchRow;
  readonly vanilla: boolean;
  readonly circular: boolean;
}

/** Rows by question, each question's in the order of the truth. */
function byQuestion(verdicts: readonly MmbenchVerdict[]): ReadonlyMap<string, readonly MmbenchVerdict[]> {
  const groups = new Map<string, MmbenchVerdict[]>();
  for (const verdict of verdicts) {
    const group = groups.get(verdict.item.question) ?? [];
    groups.set(verdict.item.question, group);
    group.push(verdict);
  }
  return groups;
}

/**
 * Asks a judge for the rows that nothing tells of and that a score hangs on: a question's first row,
 * and all rows of a question that is not wrong under another rotation already (CircularEval's own
 * order). What the judge does not tell either is no option; the toolkits then draw an option at random,
 * which no one can repeat.
 */
export async function judgeMmbench(
  verdicts: readonly MmbenchVerdict[],
  settings: {
    readonly rule: OptionRule;
    readonly prompt: string;
    readonly judge: Judge;
    readonly signal: AbortSignal | undefined;
  },
): Promise<{ readonly verdicts: readonly MmbenchVerdict[]; readonly asked: number }> {
  const { rule, prompt, judge, signal } = settings;
  const open = [...byQuestion(verdicts).values()].flatMap((rows) => {
    const isWrong = rows.some(
      ({ item, answer, option }) => answer === undefined || (option !== undefined && option !== item.answer),
    );
    return rows.filter(
      ({ item, answer, option }) =>
        answer !== undefined && option === undefined && (!isWrong || item.id === item.question),
    );
  });
  if (open.length === 0) return { verdicts, asked: 0 };
  const requests = open.map(({ item, answer }) => ({
    prompt: fillPrompt('mmbench', prompt, [item.text, optionsInWords(item), answer ?? '']),
  }));
  const replies = await judge.judge(requests, signal === undefined ? {} : { signal });
  const judged = new Map(
    open.map(({ item }, place) => [
      item.id,
      inferOption(replies[place] ?? '', item.options, rule) ?? NO_OPTION,
    ]),
  );
  return {
    verdicts: verdicts.map((verdict) => ({
      ...verdict,
      option: judged.get(verdict.item.id) ?? verdict.option,
    })),
    asked: open.length,
  };
}

/** Whether each question is right, in the order of the truth's unturned rows. */
export function scoreMmbench(verdicts: readonly MmbenchVerdict[]): readonly MmbenchQuestion[] {
  const groups = byQuestion(verdicts);
  return verdicts.flatMap(({ item, option }) => {
    if (item.id !== item.question) return [];
    const circular = (groups.get(item.question) ?? []).every((row) => row.option === row.item.answer);
    return [{ first: item, vanilla: option === item.answer, circular }];
  });
}

/** `A. cat B. dog`. */
function optionsInWords({ options }: MmbenchRow): string {
  return Object.entries(options)
    .map(([letter, text]) => `${letter}. ${text}`)
    .join(' ');
}
