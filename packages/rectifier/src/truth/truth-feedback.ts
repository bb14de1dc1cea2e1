import {
  type CuratedType,
  type Feedback,
  type IssueKind,
  parseLocation,
  type Question,
  type QuestionTruth,
} from '@fgam/data';
import { plainText } from '../claims/noun-phrase.js';
import { parseCount, parseYesNo } from '../claims/parse-claims.js';
import { reviseFeedback } from '../feedback/format-feedback.js';
import { saysBox } from './right-box.js';

/** What is wrong where the answer to a curated question is. */
const ISSUE_OF = {
  existence: 'object',
  count: 'count',
  attribute: 'attribute',
  relation: 'relation',
  grounding: 'object',
  reference: 'reasoning',
  'related-count': 'count',
  'related-grounding': 'reasoning',
  'related-attribute': 'reasoning',
  'compare-counts': 'reasoning',
  'compare-sizes': 'reasoning',
  chain: 'reasoning',
} as const satisfies Record<CuratedType, IssueKind>;

/** A question that holds why its answer is true. */
export type CuratedQuestion = Question & { readonly truth: QuestionTruth };

/** Whether a question is one of those. */
export function isCurated(question: Question): question is CuratedQuestion {
  return question.truth !== undefined;
}

/** The true feedback on a response to a curated question: the fact that it misses, with the boxes that show it. */
export function truthFeedback(question: CuratedQuestion, response: string): Feedback {
  if (isRight(question, response)) return { verdict: 'accept' };
  const { type, fact, boxes } = question.truth;
  const issue = { kind: ISSUE_OF[type], claim: response.trim(), correction: fact };
  return reviseFeedback([boxes.length > 0 ? { ...issue, evidence: { boxes, score: 1 } } : issue], {
    response,
  });
}

function isRight({ answer, box, truth }: CuratedQuestion, response: string): boolean {
  const expected = box ?? parseLocation(answer);
  if (expected) return saysBox(response, expected);
  const holds = parseYesNo(answer);
  if (holds !== undefined) return parseYesNo(response) === holds;
  if (/^\d+$/.test(answer)) return parseCount(response) === Number(answer);
  // The longest first: "hot dog" is no dog.
  const known = [answer, ...truth.wrong].map(plainText).sort((a, b) => b.length - a.length);
  let text = ` ${plainText(response)} `;
  const said = known.filter((each) => {
    const isSaid = text.includes(` ${each} `);
    text = text.replaceAll(` ${each} `, ' ');
    return isSaid;
  });
  return said.length === 1 && said[0] === plainText(answer);
}
