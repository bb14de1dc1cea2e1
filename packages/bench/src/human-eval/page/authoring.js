import { choiceRow, element, part, warn } from './elements.js';
import { putJson } from './requests.js';

export const TITLE = 'Correct the responses';
export const KEYS = 'Ctrl+Enter: save and go on';

const KINDS = ['object', 'attribute', 'relation', 'count', 'reasoning'];
let state = { isChanged: false };

/** The response of an item, and a form for what is wrong with it. */
export function showWork({ position, item, onDone }) {
  const response = item.responses[0].text;
  const { correction } = item;
  state = { position, onDone, isChanged: false, verdict: correction?.verdict };
  const issues = element('div', { id: 'issues' });
  for (const issue of correction?.issues ?? [{}]) issues.append(issueRow(issue));
  const add = element('button', { type: 'button' }, 'Add another fault');
  add.addEventListener('click', () => {
    issues.append(issueRow({}));
    issues.lastChild.querySelector('select').focus();
  });
  const corrected = element('textarea', { id: 'corrected', value: correction?.corrected ?? response });
  const form = element(
    'div',
    { id: 'form', hidden: state.verdict !== 'revise' },
    issues,
    add,
    element('label', { className: 'field' }, 'Corrected answer', corrected),
  );
  const verdict = choiceRow({
    row: 'verdict',
    name: 'verdict',
    legend: 'Is it right?',
    hint: '',
    chosen: state.verdict,
    choices: [
      { value: 'accept', key: 'It is right', label: 'It is right' },
      { value: 'revise', key: 'Something is wrong', label: 'Something is wrong' },
    ],
    onChoose: (value) => {
      state.verdict = value;
      state.isChanged = true;
      form.hidden = value !== 'revise';
    },
  });
  const work = element(
    'article',
    { className: 'card response', 'aria-labelledby': 'response-0' },
    element('h3', { id: 'response-0' }, 'Response'),
    element('blockquote', { className: response.trim() ? '' : 'empty' }, response.trim() || 'No answer'),
    verdict,
    form,
  );
  work.addEventListener('input', () => {
    state.isChanged = true;
  });
  part('work').append(work);
}

/** Whether something was written that is not saved. */
export const isUnsaved = () => state.isChanged;

/** Saves what was written, whichever way is gone; says what is missing. */
export async function leave() {
  if (!state.isChanged) return true;
  const { position, onDone, verdict } = state;
  // What is written from now on is not in it.
  state.isChanged = false;
  try {
    const { done } = await putJson(
      `items/${position}/correction`,
      verdict === 'accept' ? { verdict } : revision(),
    );
    warn();
    onDone(position, done);
    return state.isChanged ? leave() : true;
  } catch (error) {
    state.isChanged = true;
    warn(error.isRefused ? error.message : 'Not saved: the server can not be reached. Try again.');
    return false;
  }
}

export function handleKey() {}

function revision() {
  const issues = [...part('issues').children].map((row) => {
    const [kind, claim, correction] = [...row.querySelectorAll('select, input')].map(({ value }) =>
      value.trim(),
    );
    return { kind, claim, ...(correction ? { correction } : {}) };
  });
  return { verdict: 'revise', issues, corrected: part('corrected').value.trim() };
}

function issueRow({ kind = 'object', claim = '', correction = '' }) {
  const select = element('select', {}, ...KINDS.map((name) => element('option', { value: name }, name)));
  select.value = kind;
  const remove = element('button', { type: 'button', 'aria-label': 'Remove this fault' }, 'Remove');
  const row = element(
    'fieldset',
    { className: 'issue' },
    element('legend', { className: 'muted' }, 'Fault'),
    element('label', { className: 'field' }, 'Kind', select),
    element(
      'label',
      { className: 'field' },
      'What it says',
      element('input', { type: 'text', value: claim }),
    ),
    element(
      'label',
      { className: 'field' },
      'What is true',
      element('input', { type: 'text', value: correction }),
    ),
    remove,
  );
  remove.addEventListener('click', () => {
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    if (neighbour) {
      row.remove();
      // With the button the focus would go.
      neighbour.querySelector('select').focus();
    } else for (const input of row.querySelectorAll('input')) input.value = '';
    state.isChanged = true;
  });
  return row;
}
