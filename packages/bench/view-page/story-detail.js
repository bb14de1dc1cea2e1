import { element, verdictBadge } from './dom.js';

const STOPS = {
  accepted: 'the critic accepted the answer',
  unchanged: 'the answer did not change',
  cycle: 'answers came back: a cycle',
  'max-rounds': 'the limit of rounds was reached',
  budget: 'the budget ran out',
};

/** A question and its answer, round by round. */
export function storyDetail({ question, truth, rounds, end }) {
  return [
    question === undefined ? undefined : element('h3', {}, 'Question'),
    question === undefined ? undefined : element('p', { class: 'asked' }, question),
    truth === undefined
      ? undefined
      : element(
          'p',
          { class: 'truth' },
          element('span', { class: 'label' }, 'True answer'),
          element('strong', {}, truth),
        ),
    element(
      'ol',
      { class: 'rounds' },
      ...rounds.map((round, index) => roundItem(round, index, end !== undefined)),
      end &&
        element(
          'li',
          { class: 'final' },
          element('p', { class: 'label' }, 'Final answer ', verdictBadge(end.right) ?? ''),
          element('blockquote', {}, end.final),
          element('p', { class: 'muted' }, `Stopped: ${STOPS[end.stop] ?? end.stop}.`),
        ),
    ),
  ];
}

/** Boxes that critics give as their reasons. */
export function evidenceBoxes({ rounds }) {
  return rounds.flatMap(({ feedback }) =>
    (feedback?.issues ?? []).flatMap(({ evidence }) => evidence?.boxes ?? []),
  );
}

function roundItem({ response, right, decision, changes, feedback }, index, isStory) {
  const name = !isStory ? 'Answer' : index === 0 ? 'First answer' : `Answer after round ${index}`;
  const isChanged = changes?.some(({ kind }) => kind !== 'same');
  return element(
    'li',
    {},
    element(
      'p',
      { class: 'label' },
      `${name} `,
      verdictBadge(right) ?? '',
      ' ',
      decision ? element('span', { class: 'badge' }, `held to be ${decision}`) : '',
    ),
    element('blockquote', {}, response === '' ? '(empty)' : response),
    changes && (isChanged ? changeFold(changes) : element('p', { class: 'muted' }, 'Nothing changed.')),
    feedback && feedbackBlock(feedback),
  );
}

function changeFold(changes) {
  const names = { added: 'ins', removed: 'del' };
  return element(
    'p',
    { class: 'changes', 'aria-label': 'What changed' },
    element('span', { class: 'label' }, 'Changed: '),
    ...changes.map(({ kind, text }) => (kind === 'same' ? text : element(names[kind], {}, text))),
  );
}

function feedbackBlock({ verdict, confidence, issues = [], text = '' }) {
  const surely = confidence === undefined ? '' : `, confidence ${confidence.toFixed(2)}`;
  return element(
    'div',
    { class: `feedback ${verdict}` },
    element('p', { class: 'label' }, `Critic: ${verdict}${surely}`),
    text === '' ? undefined : element('p', {}, text),
    issues.length === 0 ? undefined : element('ul', {}, ...issues.map(issueItem)),
  );
}

function issueItem({ kind, claim, correction, evidence, by }) {
  return element(
    'li',
    {},
    element('span', { class: 'badge' }, kind),
    ' ',
    element('q', {}, claim),
    ...(correction === undefined ? [] : [' should be ', element('q', {}, correction)]),
    evidence ? ` (score ${evidence.score.toFixed(2)})` : '',
    by ? ` by ${by.join(', ')}` : '',
  );
}
