import type { Question } from '../records.js';
import { balancedAnswers, type QuestionCounts, type QuestionDraft } from './question-draft.js';
import type { Random } from './random.js';
import type { Scene } from './scene.js';
import { articleFor, KINDS, type Kind, partnerOf } from './vocabulary.js';

/** Popular negatives are drawn from this many of the absent kinds that the split shows most often. */
const POPULAR_POOL = 6;

type Setting = NonNullable<Question['setting']>;

/**
 * The kinds by the number of scenes that show them, most frequent first.
 * All 24 kinds are there, those of one number of scenes in the order of `KINDS`.
 *
 * @example
 * ```ts
 * import { KINDS, popularKinds, type SceneObject } from '@fgam/data';
 * const circle: SceneObject = {
 *   ...{ shape: 'circle', colour: 'red', kind: 'red circle', size: 'small', texture: 'plain' },
 *   box: { x: 2, y: 4, width: 12, height: 12 },
 * };
 * const cross: SceneObject = { ...circle, shape: 'cross', colour: 'blue', kind: 'blue cross' };
 * const scenes = [[circle, circle, circle, cross], [cross]];
 * const kinds = popularKinds(scenes.map((objects) => ({ imageSize: 64, objects })));
 * // Two scenes show the cross, one the circle, however often.
 * if (kinds.slice(0, 2).join() !== 'blue cross,red circle') throw new Error(kinds.join());
 * if (kinds.length !== KINDS.length) throw new Error(String(kinds.length));
 * ```
 */
export function popularKinds(scenes: readonly Scene[]): Kind[] {
  const counts = new Map<Kind, number>(KINDS.map((kind) => [kind, 0]));
  for (const scene of scenes)
    for (const kind of new Set(scene.objects.map((object) => object.kind)))
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...KINDS].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
}

/**
 * `is there a red circle ?`, half of them yes. POPE's three settings: a random negative is any
 * absent kind, a popular one is among the split's most frequent, an adversarial one is the partner
 * of a kind that is present.
 *
 * @param popular - the split's kinds, most frequent first
 */
export function existenceQuestions(
  scene: Scene,
  random: Random,
  counts: QuestionCounts['existence'],
  popular: readonly Kind[],
): QuestionDraft[] {
  const present = random.shuffle([...new Set(scene.objects.map((object) => object.kind))]);
  const absent = random.shuffle(KINDS.filter((kind) => !present.includes(kind)));
  const pools: Readonly<Record<Setting, readonly Kind[]>> = {
    random: absent,
    popular: random.shuffle(popular.filter((kind) => absent.includes(kind)).slice(0, POPULAR_POOL)),
    adversarial: present.map(partnerOf).filter((kind) => absent.includes(kind)),
  };
  const asked = new Set<Kind>();
  let nextPresent = 0;
  const negative = (setting: Setting): Kind | undefined =>
    [...pools[setting], ...absent].find((kind) => !asked.has(kind));
  return (['adversarial', 'popular', 'random'] as const).flatMap((setting) => {
    const texts = new Set<Kind>();
    // Never more yes than kinds to say yes to: their number bounds both halves.
    const count = Math.min(counts[setting], 2 * present.length);
    return balancedAnswers(random, count).flatMap((answer): QuestionDraft[] => {
      const kind = answer === 'yes' ? present[nextPresent++ % present.length] : negative(setting);
      if (!kind || texts.has(kind)) return [];
      texts.add(kind);
      if (answer === 'no') asked.add(kind);
      const question = `is there ${articleFor(kind)} ${kind} ?`;
      return [{ kind: 'existence', setting, question, answer }];
    });
  });
}
