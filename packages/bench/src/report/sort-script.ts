/**
 * Makes the headings of tables of class `sortable` into buttons that sort by their column: numbers by size,
 * else words by the alphabet; a second press turns the order around, and cells without a value stay last.
 * Rows that belong together (a `tbody` each, where there are several) stay together, by their first row. It
 * reads what the page holds and asks for nothing.
 */
export const SORT_SCRIPT = `
'use strict';
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => sort(table, heads, place));
  });
}
function sort(table, heads, place) {
  const head = heads[place];
  const isUp = head.getAttribute('aria-sort') !== 'ascending';
  for (const each of heads) each.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
  const bodies = [...table.tBodies];
  const units = bodies.length > 1 ? bodies : [...bodies[0].rows];
  const keys = new Map(units.map((unit) => [unit, keyOf(unit.rows ? unit.rows[0] : unit, place)]));
  const isNumber = [...keys.values()].some((key) => typeof key === 'number');
  const isEmpty = (key) => key === '' || (isNumber && typeof key !== 'number');
  units.sort((a, b) => {
    const [first, second] = [keys.get(a), keys.get(b)];
    if (isEmpty(first) || isEmpty(second)) return isEmpty(first) - isEmpty(second);
    const order = isNumber ? first - second : String(first).localeCompare(String(second));
    return isUp ? order : -order;
  });
  const parent = units[0].parentNode;
  const after = parent === table ? table.tFoot : null;
  for (const unit of units) parent.insertBefore(unit, after);
}
function keyOf(row, place) {
  const cell = row.cells[place];
  if (!cell) return '';
  const text = (cell.dataset.sort ?? cell.textContent).replace('\\u2212', '-').trim();
  const number = cell.classList.contains('number') ? /-?\\d+(?:\\.\\d+)?(?:e[-+]?\\d+)?/.exec(text) : null;
  return number ? Number(number[0]) : text;
}
`;
