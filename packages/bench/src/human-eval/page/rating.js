import { choiceRow, element, part, warn } from './elements.js';
import { save } from './requests.js';

export const TITLE = 'Rate the responses';
export const KEYS =
  '1 to 5: choose (no is 1, yes 2) · ↑ ↓: row · ← →: lower, higher · Enter: next · Shift+Enter: previous';

/** The responses of an item with their scales. */
export function showWork({ position, item, scales, onDone }) {
  item.responses.forEach(({ text, answers }, slot) => {
    const heading = element('h3', { id: `response-${slot}` }, `Response ${slot + 1}`);
    const said = element('blockquote', { className: text.trim() ? '' : 'empty' }, text.trim() || 'No answer');
    const rows = scales.map(({ key, label, hint, choices, names }) =>
      choiceRow({
        name: `${slot}-${key}`,
        legend: label,
        hint,
        chosen: answers[key],
        choices: choices.map((value, index) => ({
          value,
          // A flag has no numbers to show, but its places as keys.
          key: choices.length > 2 ? String(value) : names[index],
          label: names[index],
        })),
        onChoose: (value) => {
          save(
            `items/${position}/responses/${slot}/${key}`,
            { value },
            {
              onSaved: ({ done }) => {
                answers[key] = value;
                warn();
                onDone(position, done);
              },
              onTrouble: warn,
              // What is shown as chosen is what is stored.
              onRefused: () => {
                for (const input of document.getElementsByName(`${slot}-${key}`))
                  input.checked = input.value === String(answers[key]);
              },
            },
          );
        },
      }),
    );
    part('work').append(
      element(
        'article',
        { className: 'card response', 'aria-labelledby': heading.id },
        heading,
        said,
        ...rows,
      ),
    );
  });
  focusRow(firstOpen() ?? rowsOf()[0]);
}

/** Nothing is but what is on its way. */
export const isUnsaved = () => false;

/** Whether the item may be left: on the way forward what is missing is named and gets the focus. */
export async function leave(step) {
  const row = firstOpen();
  if (!row || step < 0) return true;
  const response = row.closest('article').querySelector('h3').textContent;
  warn(`${response} has no value for ${row.querySelector('legend').firstChild.textContent} yet.`);
  focusRow(row);
  return false;
}

/** Number keys choose in the row that has the focus, up and down change it; left and right are the radio buttons' own. */
export function handleKey(event) {
  const rows = rowsOf();
  const at = rows.indexOf(document.activeElement?.closest('fieldset'));
  const row = rows[at] ?? firstOpen() ?? rows[0];
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    const next = event.key === 'ArrowDown' ? at + 1 : Math.max(at - 1, 0);
    focusRow(rows[next] ?? row);
  } else if (/^[1-9]$/.test(event.key)) {
    const input = row.querySelectorAll('input')[Number(event.key) - 1];
    if (!input) return;
    event.preventDefault();
    input.click();
    focusRow(rows[rows.indexOf(row) + 1] ?? row);
  }
}

const rowsOf = () => [...part('work').querySelectorAll('fieldset')];
const firstOpen = () => rowsOf().find((row) => !row.querySelector('input:checked'));

function focusRow(row) {
  const input = row.querySelector('input:checked') ?? row.querySelector('input');
  input.focus({ preventScroll: true });
  // On a phone the image is above the rows: it stays in sight until the rater has begun.
  const { top, bottom } = row.getBoundingClientRect();
  const steps = part('steps').offsetHeight;
  if (top < 0 || bottom > innerHeight - steps) row.scrollIntoView({ block: 'center' });
}
