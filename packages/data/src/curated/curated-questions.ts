import { CURATED_TYPES, type CuratedType, type Question, type RegionSample } from '../records.js';
import { createRandom } from '../scenes/random.js';
import { shuffled } from '../seeded.js';
import { answerBalance, type AnswerBalance } from './answer-balance.js';
import { attributeDrafts } from './attribute-drafts.js';
import { DraftChooser } from './choose-drafts.js';
import { chainDrafts, compareSizesDrafts } from './comparison-drafts.js';
import { compareCountsDrafts, countDrafts, relatedCountDrafts } from './count-drafts.js';
import type { CuratedDraft, CuratedRejection, DraftContext } from './curated-draft.js';
import { existenceDrafts } from './existence-drafts.js';
import {
  groundingDrafts,
  referenceDrafts,
  relatedAttributeDrafts,
  relatedGroundingDrafts,
} from './grounding-drafts.js';
import { groupBy } from './group-by.js';
import { countLabels } from './label-statistics.js';
import { photoFacts } from './photo-facts.js';
import { relationDrafts } from './relation-drafts.js';

/** Options of {@link curatedQuestions}. */
export interface CuratedQuestionsOptions {
  /** Default all. */
  readonly types?: readonly CuratedType[];
  /** Most questions an image. Default 8. */
  readonly perImage?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Leave out questions of a type until its most frequent answer is no more frequent than the next. Default true. */
  readonly balance?: boolean;
}

/** Questions, what was not asked, and how well the answers can be guessed. */
export interface CuratedQuestions {
  readonly questions: readonly Question[];
  /** What was not asked about, by type and reason. */
  readonly rejected: Readonly<
    Partial<Record<CuratedType, Readonly<Partial<Record<CuratedRejection, number>>>>>
  >;
  readonly balance: Readonly<Partial<Record<CuratedType, AnswerBalance>>>;
}

const DRAFTS: Readonly<Record<CuratedType, (context: DraftContext) => CuratedDraft[]>> = {
  existence: existenceDrafts,
  count: countDrafts,
  attribute: attributeDrafts,
  relation: relationDrafts,
  grounding: groundingDrafts,
  reference: referenceDrafts,
  'related-count': relatedCountDrafts,
  'related-grounding': relatedGroundingDrafts,
  'related-attribute': relatedAttributeDrafts,
  'compare-counts': compareCountsDrafts,
  'compare-sizes': compareSizesDrafts,
  chain: chainDrafts,
};

/**
 * Questions about annotated images that demand to find things and to take several steps, each with its
 * answer, answers that are false, the steps, and the regions that it follows from.
 *
 * Existence (POPE's three settings), counts, attributes, relations of two things, boxes
 * (`Where is the dog?`), things by size or place among those of their name
 * (`the second person from the left`), and compositions of these. What the annotation does not settle is not
 * asked but counted, by reason:
 *
 * - `open-world`: counts, absence and ranks need an annotation of every thing (COCO, scenes; not Visual
 *   Genome, Flickr30k, RefCOCO, YOLO);
 * - `ambiguous`: a name that several things have, or that ends another's (`phone`, `office phone`); `plural`,
 *   `crowd`, `twins` (boxes of one name with an IoU of 0.7), `small` (0.2 % of the image), `coarse` (location
 *   words miss the box), `many` (counts above 9, rows above 6);
 * - `margin`: sides by the 20 % rule of `relationBetween`, and no side denied unless the centres lie 5 % of
 *   the image the other way; sizes 20 % apart; neighbours in a row 5 % of the width; `overlap`: boxes that
 *   overlap or hold each other have no side;
 * - `contradiction`: annotators say the opposite; `several-values` of an attribute; `said-elsewhere`:
 *   caption or descriptions speak of what is not annotated; `no-wrong-answer`; `unbalanced`: left out so
 *   that no answer prevails.
 *
 * The same samples, in the same order, and seed give the same questions. All samples are held at once.
 *
 * Source: the paper's section 4.1.2 asks for such samples; the rules are ours, POPE's settings Li et al. 2023.
 *
 * @example
 * ```ts
 * import { curatedQuestions } from '@fgam/data';
 * const region = { description: 'a thing', source: 'coco' };
 * const sample = (id: string, left: string, right: string) => ({
 *   id, image: `${id}.jpg`, width: 640, height: 480,
 *   regions: [
 *     { ...region, id: '1', label: left, box: { x0: 0.1, y0: 0.4, x1: 0.3, y1: 0.6 } },
 *     { ...region, id: '2', label: right, box: { x0: 0.7, y0: 0.4, x1: 0.9, y1: 0.6 } },
 *   ],
 * });
 * const samples = [sample('a', 'dog', 'car'), sample('b', 'car', 'dog')];
 * const { questions } = curatedQuestions(samples, { types: ['relation'] });
 * const [first] = questions;
 * if (first?.truth?.rule !== 'geometry' || !first.question.startsWith('Is the ')) throw new Error(JSON.stringify(questions));
 * ```
 */
export function curatedQuestions(
  samples: readonly RegionSample[],
  options: CuratedQuestionsOptions = {},
): CuratedQuestions {
  const { types = CURATED_TYPES, perImage = 8, seed = 0, balance = true } = options;
  const facts = samples.map(photoFacts);
  const statistics = countLabels(facts);
  const chooser = new DraftChooser();
  const rejected: Partial<Record<CuratedType, Partial<Record<CuratedRejection, number>>>> = {};
  const reject = (type: CuratedType, reason: CuratedRejection) => {
    const reasons = (rejected[type] ??= {});
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  };
  const chosen = facts.flatMap((each): Question[] => {
    const { id: sample } = each.sample;
    const random = createRandom(`curated/${seed}/${sample}`);
    const drafts = types.flatMap((type) =>
      DRAFTS[type]({ facts: each, statistics, random, reject: (reason) => reject(type, reason) }),
    );
    const numbers = new Map<CuratedType, number>();
    return chooser.choose(random.shuffle(drafts), perImage).map(({ truth, ...draft }) => {
      const number = numbers.get(truth.type) ?? 0;
      numbers.set(truth.type, number + 1);
      return { id: `${sample}-${truth.type}-${number}`, sample, ...draft, truth };
    });
  });
  const surplus = balance ? surplusOf(chosen, seed) : new Set<Question>();
  for (const { truth } of surplus) if (truth) reject(truth.type, 'unbalanced');
  const questions = chosen.filter((question) => !surplus.has(question));
  return { questions, rejected, balance: answerBalance(questions) };
}

/**
 * Questions whose answer is more frequent in its type than the next one, beyond that one's
 * number. Boxes are left alone.
 */
function surplusOf(questions: readonly Question[], seed: number): ReadonlySet<Question> {
  const closed = questions.filter(({ kind }) => kind !== 'grounding');
  const surplus = [...groupBy(closed, ({ truth }) => truth?.type).values()].flatMap((own) => {
    const groups = [...groupBy(own, ({ answer }) => answer).values()].sort((a, b) => b.length - a.length);
    const most = groups[1]?.length ?? 0;
    return shuffled(groups[0] ?? [], seed).slice(most);
  });
  return new Set(surplus);
}
