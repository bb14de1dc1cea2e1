import { element, facts } from './dom.js';
import { sampleDetail } from './sample-detail.js';
import { createFigure } from './sample-figure.js';
import { evidenceBoxes, storyDetail } from './story-detail.js';
import { createVirtualList } from './virtual-list.js';

const { noun } = document.body.dataset;
const byId = (id) => document.getElementById(id);
const [form, search, status, fault, empty, detail] = [
  'filters',
  'search',
  'status',
  'fault',
  'empty',
  'detail',
].map(byId);
/** While the index is read. */
const POLL = 700;

let about = { total: 0, done: false, filters: [] };
let found = 0;
let asking = { search: '' };
let asked = 0;
let isAsking = false;
let isChanged = false;
let shown = 0;

const list = createVirtualList(byId('list'), {
  load: (from, count) => getRows(from, count),
  open: (row) => {
    // Not by `location`: going to a fragment takes the focus from the list.
    history.pushState(undefined, '', `#${row}`);
    void show();
  },
});

/** Asks this machine; a fault is said, and undefined given back. */
async function get(path) {
  try {
    const reply = await fetch(path);
    const body = await reply.json();
    if (!reply.ok) throw new Error(body.error);
    return body;
  } catch (error) {
    fault.textContent =
      error instanceof TypeError ? 'The viewer has ended: start fgam view again.' : error.message;
    return undefined;
  }
}

/** What the fields ask for now. */
function readFields() {
  const fields = { search: search.value };
  for (const select of form.querySelectorAll('select'))
    if (select.value !== '') fields[`filter.${select.name}`] = JSON.parse(select.value);
  return fields;
}

/** Rows of the query that the list shows, whatever the fields hold by now. */
function getRows(from, count) {
  return get(`/api/rows?${new URLSearchParams({ ...asking, from, count })}`);
}

function say() {
  const number = (value) => value.toLocaleString('en');
  const all = about.done
    ? number(about.total)
    : `${number(about.total)} read of ${number(about.expected ?? about.total)}`;
  const isNarrowed = found !== about.total;
  const unlisted = about.done && !about.fault ? (about.expected ?? about.total) - about.total : 0;
  const rest = unlisted > 0 ? `; ${number(unlisted)} without regions are not listed` : '';
  status.textContent = `${isNarrowed ? `${number(found)} of ` : ''}${all} ${noun}${rest}`;
  if (about.fault) fault.textContent = about.fault;
}

/** Asks for what the fields hold: one question at a time, and after its answer for what was typed meanwhile, if anything was. */
async function query() {
  isChanged = true;
  if (isAsking) return;
  isAsking = true;
  try {
    while (isChanged) {
      isChanged = false;
      await ask();
    }
  } finally {
    isAsking = false;
  }
}

async function ask() {
  asked++;
  asking = readFields();
  const reply = await getRows(0, 100);
  if (reply === undefined) return;
  fault.textContent = '';
  found = reply.total;
  empty.hidden = found > 0 || !about.done;
  list.reset(reply);
  say();
}

async function poll() {
  const next = await get('/api/about');
  if (next === undefined) return;
  about = next;
  const mine = asked;
  const reply = await getRows(0, 100);
  if (reply !== undefined && mine === asked) {
    found = reply.total;
    empty.hidden = found > 0 || !about.done;
    list.grow(reply);
  }
  say();
  if (about.done) addFilters();
  else setTimeout(poll, POLL);
}

function addFilters() {
  const reset = form.querySelector('button');
  for (const { name, values, total } of about.filters) {
    const more = total > values.length ? `any (${values.length} most frequent of ${total})` : 'any';
    const options = values.map(({ value, count }) =>
      // JSON tells an empty value from none.
      element('option', { value: JSON.stringify(value) }, `${value === '' ? '(empty)' : value} (${count})`),
    );
    const select = element(
      'select',
      { name, 'aria-label': name, onchange: query },
      element('option', { value: '' }, more),
      ...options,
    );
    reset.before(element('label', { class: 'field' }, name, select));
  }
}

async function show() {
  const mine = ++shown;
  const number = /^#(\d+)$/.exec(location.hash)?.[1];
  document.body.classList.toggle('opened', number !== undefined);
  if (number === undefined) return;
  const row = Number(number);
  // Of the whole list the place is known, as when an address is opened.
  list.select(row, found === about.total && row < found ? row : undefined);
  const record = await get(`/api/rows/${row}`);
  if (mine !== shown) return;
  if (record === undefined) {
    detail.replaceChildren(steps(), element('p', { class: 'bad' }, 'These details can not be shown.'));
    return;
  }
  fault.textContent = '';
  const { title, sample, story, hasImage } = record;
  const alt = sample
    ? `Image of ${title}: ${sample.regions.map(({ label }, index) => `${index + 1} ${label}`).join(', ')}`
    : `Image of ${title}`;
  const figure = createFigure({ row, sample, alt, evidence: story ? evidenceBoxes(story) : [] });
  const words = [
    ...(story ? storyDetail(story) : []),
    ...(sample ? sampleDetail(record, figure) : []),
    facts(record.facts),
  ].filter((part) => part !== undefined);
  detail.replaceChildren(
    steps(),
    element('h2', {}, title),
    hasImage
      ? element('div', { class: 'columns' }, figure.node, element('div', {}, ...words))
      : element('div', {}, ...words),
  );
  detail.scrollTop = 0;
  // On a phone the list has gone: the keyboard and the screen reader go on here.
  if (getComputedStyle(byId('list-pane')).display === 'none') detail.focus();
}

function steps() {
  const button = (className, text, onclick) =>
    element('button', { type: 'button', class: className, onclick }, text);
  return element(
    'div',
    { class: 'steps' },
    button('back', `Back to the list`, close),
    button('', '‹ Previous', () => list.step(-1)),
    button('', 'Next ›', () => list.step(1)),
  );
}

function close() {
  history.replaceState(undefined, '', location.pathname);
  void show();
  list.focus();
}

search.addEventListener('input', query);
form.addEventListener('submit', (event) => event.preventDefault());
// After the fields are empty.
form.addEventListener('reset', () => setTimeout(query));
document.addEventListener('keydown', (event) => {
  const isTyping = ['INPUT', 'SELECT', 'TEXTAREA'].includes(event.target.tagName);
  if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    search.focus();
  } else if (event.key === 'Escape') {
    // Or the browser would empty the search.
    event.preventDefault();
    if (document.body.classList.contains('opened') && event.target !== search) close();
    else list.focus();
  }
});
addEventListener('popstate', show);

// A browser may have kept the search of before.
asking = readFields();
await poll();
await show();
