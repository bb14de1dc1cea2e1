import { splitWords } from '../answers/python-text.js';
import { percent, percentByCategory } from '../answers/percent.js';
import type { Metrics } from '../benchmark-task.js';
import type { GqaBox, GqaChoices, GqaItem, GqaTruth } from './read-gqa-truth.js';

/** A question with its answer, undefined where there is none, and whether that is right. */
export interface GqaRow {
  readonly item: GqaItem;
  readonly answer: string | undefined;
  readonly credit: number;
}

/** Attention of a model: `map[column][row]` of a grid over the image, or boxes with a share. */
export type GqaAttention = readonly (readonly number[])[];

const COMMON: ReadonlySet<string> = new Set(['color', 'material', 'shape']);

/**
 * The metrics of GQA's script over balanced questions, in percent (the distribution: chi-square / 100, lower
 * is better). Validity and plausibility need the choices, consistency the entailed questions of the full
 * split, grounding attention maps and scene graphs.
 */
export function gqaMetrics(
  rows: readonly GqaRow[],
  { choices, scenes }: Pick<GqaTruth, 'choices' | 'scenes'>,
  attentions?: ReadonlyMap<string, GqaAttention>,
): Metrics {
  const balanced = rows.filter(({ item }) => item.isBalanced);
  const typed = balanced.filter(({ item }) => item.structural !== undefined);
  const creditOf = ({ credit }: GqaRow): number => credit;
  const ofKind = (isOpen: boolean) =>
    percent(typed.filter(({ item }) => (item.structural === 'query') === isOpen).map(creditOf));
  return {
    accuracy: percent(balanced.map(creditOf)),
    ...(typed.length === 0 ? {} : { binary: ofKind(false), open: ofKind(true) }),
    ...(choices ? choiceRates(balanced, choices) : {}),
    ...(balanced.some(({ item }) => item.entailed.length > 0)
      ? { consistency: consistency(rows, balanced) }
      : {}),
    ...(attentions && scenes ? { grounding: grounding(balanced, attentions, scenes) } : {}),
    distribution: distribution(balanced),
    perStructuralType: percentByCategory(typed, creditOf, ({ item }) => item.structural ?? ''),
    perSemanticType: percentByCategory(
      balanced.filter(({ item }) => item.semantic !== undefined),
      creditOf,
      ({ item }) => item.semantic ?? '',
    ),
    perSteps: percentByCategory(
      balanced.filter(({ item }) => item.steps !== undefined),
      creditOf,
      ({ item }) => String(item.steps),
    ),
    perLength: percentByCategory(balanced, creditOf, ({ item }) => String(splitWords(item.question).length)),
  };
}

function choiceRates(rows: readonly GqaRow[], choices: ReadonlyMap<string, GqaChoices>): Metrics {
  const rate = (group: keyof GqaChoices) =>
    percent(
      rows.map(({ item, answer }) => {
        const belonging = item.isCommon ? COMMON : choices.get(item.id)?.[group];
        return answer !== undefined && belonging?.has(answer) ? 1 : 0;
      }),
    );
  return { validity: rate('valid'), plausibility: rate('plausible') };
}

/**
 * Over balanced questions that are answered right and entail others: the mean share of those that are right
 * too. What is not in the files is passed over.
 */
function consistency(rows: readonly GqaRow[], balanced: readonly GqaRow[]): number | null {
  const byId = new Map(rows.map(({ item, credit }) => [item.id, credit]));
  return percent(
    balanced.flatMap(({ item, credit }) => {
      const entailed = item.entailed.filter((id) => id !== item.id).flatMap((id) => byId.get(id) ?? []);
      if (credit !== 1 || entailed.length === 0) return [];
      return [entailed.reduce((sum, each) => sum + each, 0) / entailed.length];
    }),
  );
}

/**
 * Chi-square of the answers' counts against the truth's in each global group, weighted by the group's size,
 * over 100; null without a group (the official script divides by zero there).
 */
function distribution(rows: readonly GqaRow[]): number | null {
  const groups = new Map<string, { gold: Map<string, number>; said: Map<string, number> }>();
  const count = (counts: Map<string, number>, answer: string) =>
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  for (const { item, answer } of rows) {
    if (item.globalGroup === undefined) continue;
    const group = groups.get(item.globalGroup) ?? {
      gold: new Map<string, number>(),
      said: new Map<string, number>(),
    };
    groups.set(item.globalGroup, group);
    count(group.gold, item.answer);
    if (answer !== undefined) count(group.said, answer);
  }
  let sum = 0;
  let overall = 0;
  for (const { gold, said } of groups.values()) {
    let score = 0;
    let size = 0;
    for (const [answer, expected] of gold) {
      score += ((said.get(answer) ?? 0) - expected) ** 2 / expected;
      size += expected;
    }
    sum += score * size;
    overall += size;
  }
  return overall === 0 ? null : sum / overall / 100;
}

/** The mean over questions of attention that falls on the regions which question and answer are about. */
function grounding(
  rows: readonly GqaRow[],
  attentions: ReadonlyMap<string, GqaAttention>,
  scenes: NonNullable<GqaTruth['scenes']>,
): number | null {
  return percent(
    rows.flatMap(({ item }) => {
      const map = attentions.get(item.id);
      const boxes = scenes.get(item.image);
      if (map === undefined || boxes === undefined) return [];
      const regions = item.pointers.flatMap((pointer) => {
        const box = boxes.get(pointer);
        return box === undefined ? [] : [box];
      });
      if (item.isOfScene) regions.push([0, 0, 1, 1]);
      return [attentionOn(map, regions)];
    }),
  );
}

/** A cell's attention counts by the share of the cell that a region covers, for each region. */
function attentionOn(map: GqaAttention, regions: readonly GqaBox[]): number {
  const edge = 1 / map.length;
  let sum = 0;
  for (const region of regions)
    map.forEach((column, i) =>
      column.forEach((attention, j) => {
        const cell: GqaBox = [edge * i, edge * j, edge * (i + 1), edge * (j + 1)];
        sum += attention * (shared(cell, region) / shared(cell, cell));
      }),
    );
  return sum;
}

function shared(a: GqaBox, b: GqaBox): number {
  return (
    Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) *
    Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]))
  );
}
