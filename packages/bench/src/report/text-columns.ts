import Table from 'cli-table3';

/**
 * Columns as a text table of lines of at most `width` characters: `lead`, then as many of the others as fit;
 * the rest in tables below, with the lead again. A column is its heading and its cells.
 */
export function drawColumns(
  lead: readonly (readonly string[])[],
  columns: readonly (readonly string[])[],
  width: number,
): string {
  return fold(columns, width - widthOf(lead) - 1)
    .map((part) => draw([...lead, ...part]))
    .join('\n');
}

/** A heading with a word a line: that keeps columns as narrow as their numbers. */
export function wordsBelow(heading: string): string {
  return withoutControls(heading).replaceAll(' ', '\n');
}

/** Columns in groups of at most `room` characters; at least one a group. */
function fold(columns: readonly (readonly string[])[], room: number): (readonly string[])[][] {
  const groups: (readonly string[])[][] = [[]];
  for (const column of columns) {
    const group = groups.at(-1) ?? [];
    if (group.length === 0 || widthOf([...group, column]) <= room) group.push(column);
    else groups.push([column]);
  }
  return groups;
}

/** Characters that columns take: the text, a blank on each side, a line. */
function widthOf(columns: readonly (readonly string[])[]): number {
  const longest = (column: readonly string[]): number =>
    Math.max(...column.flatMap((cell) => cell.split('\n')).map((line) => line.length));
  return columns.reduce((sum, column) => sum + longest(column) + 3, 0);
}

function draw(columns: readonly (readonly string[])[]): string {
  const [head = [], ...rows] = (columns[0] ?? []).map((_, row) => columns.map((column) => column[row] ?? ''));
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(...rows);
  return table.toString();
}

/** A name must not move a terminal's cursor, nor turn its text around. */
export function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, ' ');
}
