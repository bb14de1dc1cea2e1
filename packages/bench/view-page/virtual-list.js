import { element } from './dom.js';

/** Of a row, in CSS pixels; the style sheet says the same. */
const HEIGHT = 64;
/** Rows kept above and below what is seen. */
const SPARE = 6;
/** Rows of one request. */
const BLOCK = 100;
/** Blocks that are held: what is far away is asked for again. */
const HELD = 30;
/** Browsers lay out no higher element (Firefox ends at 17.8 million pixels); longer lists are scrolled in proportion. */
const HIGHEST = 10_000_000;

/**
 * A list of which only the rows in sight are elements.
 *
 * @param host - the scrolling element, a listbox
 * @param load - asks for `count` rows from `from` on
 * @param open - called with a row's number in the source
 */
export function createVirtualList(host, { load, open }) {
  const runway = element('div', { class: 'runway', role: 'presentation' });
  host.replaceChildren(runway);
  let total = 0;
  let current = 0;
  let opened;
  let version = 0;
  let blocks = new Map();
  let waiting = false;

  const height = () => total * HEIGHT;
  const laidOut = () => Math.min(height(), HIGHEST);
  /** Where the first pixel in sight is in the whole list. */
  const place = () => {
    const slack = laidOut() - host.clientHeight;
    return slack <= 0 ? 0 : (host.scrollTop / slack) * (height() - host.clientHeight);
  };
  const scrollTo = (pixels) => {
    const most = height() - host.clientHeight;
    host.scrollTop =
      most <= 0 ? 0 : (Math.max(0, Math.min(most, pixels)) / most) * (laidOut() - host.clientHeight);
  };
  const schedule = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
  const fetchBlock = async (index) => {
    const asked = version;
    const block = { rows: undefined };
    blocks.set(index, block);
    if (blocks.size > HELD) blocks.delete(blocks.keys().next().value);
    const reply = await load(index * BLOCK, BLOCK);
    if (asked !== version) return;
    if (reply === undefined) blocks.delete(index);
    else block.rows = reply.rows;
    schedule();
  };
  const rowAt = (position) => {
    const index = Math.floor(position / BLOCK);
    if (!blocks.has(index)) void fetchBlock(index);
    return blocks.get(index)?.rows?.[position % BLOCK];
  };
  const drawRow = (position, top) => {
    const row = rowAt(position);
    const item = element(
      'div',
      {
        id: `row-${position}`,
        role: 'option',
        class: position === current ? 'row current' : 'row',
        'aria-posinset': position + 1,
        'aria-setsize': total,
        'aria-selected': row !== undefined && row.row === opened ? 'true' : 'false',
        onclick: () => choose(position),
      },
      element(
        'div',
        { class: 'line' },
        element('span', { class: 'title' }, row?.title ?? '…'),
        ...(row?.badges ?? []).map(({ text, tone }) =>
          element('span', { class: `badge ${tone ?? ''}` }, text),
        ),
      ),
      element('div', { class: 'note' }, row?.note ?? ''),
    );
    item.style.top = `${top}px`;
    return item;
  };
  const draw = () => {
    const from = place();
    const first = Math.max(0, Math.floor(from / HEIGHT) - SPARE);
    const last = Math.min(total - 1, Math.ceil((from + host.clientHeight) / HEIGHT) + SPARE);
    const rows = [];
    for (let position = first; position <= last; position++)
      rows.push(drawRow(position, host.scrollTop + position * HEIGHT - from));
    runway.replaceChildren(...rows);
    const isDrawn = total > 0 && current >= first && current <= last;
    if (isDrawn) host.setAttribute('aria-activedescendant', `row-${current}`);
    else host.removeAttribute('aria-activedescendant');
  };
  const choose = (position) => {
    move(position);
    const row = rowAt(current);
    if (row !== undefined) open(row.row);
  };
  const move = (position) => {
    current = Math.max(0, Math.min(total - 1, position));
    const [top, seen] = [current * HEIGHT, place()];
    if (top < seen) scrollTo(top);
    else if (top + HEIGHT > seen + host.clientHeight) scrollTo(top + HEIGHT - host.clientHeight);
    draw();
  };

  host.addEventListener('scroll', schedule, { passive: true });
  new ResizeObserver(schedule).observe(host);
  host.addEventListener('keydown', (event) => {
    const page = Math.max(1, Math.floor(host.clientHeight / HEIGHT) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -total, End: total };
    const step = steps[event.key];
    if (step !== undefined) move(current + step);
    else if (event.key === 'Enter' || event.key === ' ') choose(current);
    else return;
    event.preventDefault();
  });

  return {
    /** Takes the first rows of another query. */
    reset(reply) {
      version++;
      blocks = new Map([[0, { rows: reply.rows }]]);
      current = 0;
      total = reply.total;
      runway.style.height = `${laidOut()}px`;
      host.scrollTop = 0;
      draw();
    },
    /** The list has grown; what is there stays where it is. */
    grow(reply) {
      if (reply.total === total) return;
      version++;
      blocks = new Map([[0, { rows: reply.rows }]]);
      const from = place();
      total = reply.total;
      runway.style.height = `${laidOut()}px`;
      scrollTo(from);
      draw();
    },
    /** Marks the row of this number in the source; `position`, where it is known to be in the list, becomes the current one. */
    select(row, position = current) {
      opened = row;
      move(position);
    },
    /** Opens the row that is `step` further. */
    step: (step) => choose(current + step),
    focus: () => host.focus(),
  };
}
