import { withArticle } from '../with-article.js';
import type { Question } from '../records.js';
import { type CuratedDraft, type DraftContext, evidenceOf, yesNo } from './curated-draft.js';
import { isSmall } from './photo-facts.js';
import { namesSeveral, pluralOf } from '../plural.js';

type Setting = NonNullable<Question['setting']>;

const SETTINGS = ['random', 'popular', 'adversarial'] as const satisfies readonly Setting[];
/** Names that each setting offers. */
const OFFERED = 4;

/**
 * `Is there a dog in the image?` Only where the annotation is exhaustive: elsewhere nothing is known to be
 * absent. Absent names by POPE's settings: any; of the most frequent; of those that are most often seen
 * beside what is there. One that caption or descriptions speak of is not asked about.
 */
export function existenceDrafts({ facts, statistics, random, reject }: DraftContext): CuratedDraft[] {
  if (!facts.isExhaustive) {
    reject('open-world');
    return [];
  }
  const { byName, isIncomplete, said } = facts;
  const absent = statistics.names.filter((name) => !byName.has(name) && !isIncomplete(name));
  const unsaid = absent.filter((name) => {
    const isSaid = said.includes(` ${name} `) || said.includes(` ${pluralOf(name)} `);
    if (isSaid) reject('said-elsewhere');
    return !isSaid;
  });
  const beside = (name: string) =>
    [...byName.keys()].reduce((sum, present) => sum + statistics.together(present, name), 0);
  const pools: Readonly<Record<Setting, readonly string[]>> = {
    random: random.shuffle(unsaid),
    popular: unsaid,
    adversarial: [...unsaid].sort((a, b) => beside(b) - beside(a)),
  };
  const negatives = SETTINGS.flatMap((setting) =>
    pools[setting].slice(0, OFFERED).map((name) => ask(name, { setting, regions: [], boxes: [] })),
  );
  const positives = [...byName].flatMap(([name, objects]) => {
    const visible = objects.filter((object) => !isSmall(object));
    if (visible.length === 0) reject('small');
    return visible.length === 0
      ? []
      : SETTINGS.map((setting) => ask(name, { setting, ...evidenceOf(visible) }));
  });
  return [...negatives, ...positives];
}

function ask(
  name: string,
  {
    setting,
    regions,
    boxes,
  }: { readonly setting: Setting } & Pick<CuratedDraft['truth'], 'regions' | 'boxes'>,
): CuratedDraft {
  const holds = regions.length > 0;
  const { answer, wrong } = yesNo(holds);
  const be = namesSeveral(name) ? 'are' : 'is';
  return {
    kind: 'existence',
    setting,
    question: `${be === 'are' ? 'Are' : 'Is'} there ${withArticle(name)} in the image?`,
    answer,
    truth: {
      type: 'existence',
      fact: `there ${be} ${holds ? withArticle(name) : `no ${name}`}`,
      wrong,
      steps: [`look for ${withArticle(name)}`],
      regions,
      boxes,
      rule: 'annotated',
    },
  };
}
