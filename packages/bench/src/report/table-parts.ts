import { type Html, html } from './html.js';

/** A table that scrolls by itself where the screen is narrower: by touch, and by keyboard as it can be focused. */
export function scrollingTable(label: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${table}</div>`;
}

/** A table's head: columns of words, then columns of numbers, then columns of words again. */
export function headRow(
  words: readonly string[],
  numbers: readonly string[],
  last: readonly string[] = [],
): Html {
  const cell = (heading: string): Html => html`<th scope="col">${heading}</th>`;
  const numberCell = (heading: string): Html => html`<th scope="col" class="number">${heading}</th>`;
  return html`<thead><tr>${words.map(cell)}${numbers.map(numberCell)}${last.map(cell)}</tr></thead>`;
}

/** A cell of a number, aligned with the numbers above it. */
export function numberCell(value: string | number, className = ''): Html {
  return html`<td class="number ${className}">${value}</td>`;
}
