import { join } from 'node:path';
import { writeAtomic } from '@fgam/data';
import { groupBy } from '../group-by.js';
import type { Family } from '../recipes/families.js';
import type { FirstAndLast } from '../train/run-rl.js';
import {
  collectCritics,
  collectResults,
  collectValidation,
  type CriticResult,
  type PaperResult,
  type SeedResult,
} from './collect-results.js';
import { PAPER_ROWS, type PaperTable } from './paper-rows.js';
import { paperText } from './paper-text.js';

/** A row that an alarm of reward hacking ended. */
export interface PaperAlarm {
  readonly family: Family;
  readonly seed: number;
  readonly variant: string;
  readonly alarm: string;
}

/** What a second critic said of a row's final responses in the first and in the last iteration of its PPO. */
export interface PaperAudit extends FirstAndLast {
  readonly family: Family;
  readonly seed: number;
  readonly variant: string;
  readonly auditor: string;
}

/** One family's rows of one seed, and how they were made. */
export interface SeedRun extends SeedResult {
  /** Of all sittings. */
  readonly seconds: number;
  /** SHA-256 of the base's weights. */
  readonly base?: string | undefined;
  readonly alarms: readonly PaperAlarm[];
  /** Where an auditor watched the reward. */
  readonly audits: readonly PaperAudit[];
}

/** What rows of all seeds have in common. */
export interface PaperTerms {
  readonly scale: { readonly name: string };
  /** Of PPO. */
  readonly reward: string;
  /** Who watched it, where someone did. */
  readonly auditor?: string | undefined;
  /** Those that are shown, where all their rows are there. */
  readonly tables: readonly PaperTable[];
}

/** What several seeds of several families came to: the content of `reproduction.json`, and its tables in Markdown. */
export interface PaperReproduction {
  readonly scale: { readonly name: string };
  readonly reward: string;
  readonly auditor?: string;
  readonly runs: readonly Pick<SeedRun, 'family' | 'seed' | 'seconds' | 'base'>[];
  readonly rows: readonly PaperResult[];
  readonly critics: readonly CriticResult[];
  readonly validation: ReturnType<typeof collectValidation>;
  readonly alarms: readonly PaperAlarm[];
  readonly audits: readonly PaperAudit[];
  readonly text: string;
}

/** Collects seeds, and tells of them in the paper's tables. */
export function paperReproduction(
  { scale, reward, auditor, tables }: PaperTerms,
  runs: readonly SeedRun[],
): PaperReproduction {
  const [base] = PAPER_ROWS;
  const rows = collectResults(runs, base?.variant.name ?? '');
  const critics = collectCritics(runs);
  const alarms = runs.flatMap((run) => run.alarms);
  const audits = runs.flatMap((run) => run.audits);
  const made = groupBy(runs, ({ family }) => family).map((of) => {
    const rounds = Math.max(...of.flatMap(({ loops }) => loops.map((loop) => loop.rounds.length - 1)));
    return `${of[0]?.family}, ${rounds} rounds, seeds ${of.map(({ seed }) => seed).join(', ')}`;
  });
  return {
    ...{ scale, reward, ...(auditor === undefined ? {} : { auditor }) },
    ...{ rows, critics, alarms, audits, validation: collectValidation(runs) },
    runs: runs.map(({ family, seed, seconds, base: sha256 }) => ({ family, seed, seconds, base: sha256 })),
    text: paperText({
      ...{ rows, critics, tables },
      notes: [
        `Made by \`fgam bench reproduce\` at the scale \`${scale.name}\`: ${made.join('; ')}. Each seed has scenes of its own.`,
        ...(reward === 'oracle'
          ? ['PPO’s reward is the ORACLE’s, on training scenes.']
          : [`PPO’s reward: ${reward}.`]),
        ...alarms.map(
          ({ family, seed, variant, alarm }) =>
            `- ${family}, seed ${seed}, ${variant}: ended by an alarm (${alarm})`,
        ),
        ...audits.map(
          ({ family, seed, variant, auditor, first, last }) =>
            `- ${family}, seed ${seed}, ${variant}: of PPO’s final responses \`${auditor}\`, which is not the reward, judged ${percent(first)} % otherwise in the first iteration, ${percent(last)} % in the last`,
        ),
      ],
    }),
  };
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

/** The content of `reproduction.json`. */
export function reproductionJson(reproduction: PaperReproduction): string {
  return `${JSON.stringify({ ...reproduction, text: undefined }, null, 2)}\n`;
}

/** Writes `reproduction.json` and `reproduction.md`. */
export async function writeReproduction(out: string, reproduction: PaperReproduction): Promise<void> {
  await writeAtomic(join(out, 'reproduction.json'), reproductionJson(reproduction));
  await writeAtomic(join(out, 'reproduction.md'), reproduction.text);
}
