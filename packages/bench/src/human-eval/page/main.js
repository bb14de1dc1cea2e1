import * as authoring from './authoring.js';
import { part, warn } from './elements.js';
import * as rating from './rating.js';
import { getBlob, getJson, isUnsaved, settled } from './requests.js';

const SMALL_IMAGE = 200;

let session;
let mode;
let position = 0;
let isBusy = false;
/** Keys pressed after a step was taken and before the next item is there: they are meant for it. */
let held;

async function start() {
  if (location.hash.length < 2)
    throw new Error('Open the link that you were sent: it ends in # and your code.');
  session = await getJson('session');
  mode = session.mode === 'rate' ? rating : authoring;
  document.title = mode.TITLE;
  part('title').textContent = mode.TITLE;
  part('keys').textContent = mode.KEYS;
  part('steps').hidden = false;
  const open = session.done.indexOf(false);
  await show(open < 0 ? 0 : open);
}

async function show(next) {
  const item = await getJson(`items/${next}`);
  position = next;
  part('question').textContent = item.question;
  part('work').replaceChildren();
  part('item').hidden = false;
  part('previous').disabled = position === 0;
  part('next').textContent = position === session.done.length - 1 ? 'Finish' : 'Next';
  scrollTo(0, 0);
  mode.showWork({ position, item, scales: session.scales, onDone: markDone });
  showProgress();
  // Who knows the image need not wait for it: a step taken meanwhile counts.
  showImage(next).catch((error) => next === position && tell(error));
}

async function showImage(of) {
  const image = part('image');
  image.removeAttribute('src');
  const blob = await getBlob(`items/${of}/image`);
  if (of !== position) return;
  if (image.dataset.url) URL.revokeObjectURL(image.dataset.url);
  image.dataset.url = URL.createObjectURL(blob);
  image.src = image.dataset.url;
  await image.decode();
  image.classList.toggle('pixels', image.naturalWidth < SMALL_IMAGE);
}

const tell = (error) => warn(error.isRefused ? error.message : 'The server can not be reached. Try again.');

function markDone(at, isDone) {
  session.done[at] = isDone;
  showProgress();
}

function showProgress() {
  const done = session.done.filter(Boolean).length;
  const { length } = session.done;
  part('progress').textContent =
    done === length
      ? `All ${length} done. Thank you, ${session.rater}.`
      : `Item ${position + 1} of ${length}, ${done} done`;
  part('bar').max = length;
  part('bar').value = done;
}

/** One step at a time; a step that fails leaves the item where it is. */
async function go(step) {
  if (isBusy) return;
  isBusy = true;
  const from = position;
  try {
    if (!(await mode.leave(step))) return;
    held = [];
    await settled();
    warn();
    const next = position + step;
    const open = session.done.indexOf(false);
    if (next >= 0 && next < session.done.length) await show(next);
    // Past the end: to what was left open, if anything was.
    else if (next > 0 && open >= 0) await show(open);
  } catch (error) {
    tell(error);
  } finally {
    isBusy = false;
  }
  const keys = held ?? [];
  held = undefined;
  // Of a step that failed none is meant for the item that stays.
  if (position !== from) for (const event of keys) await press(event);
}

/** What a key says, in the order in which it was pressed. */
function press(event) {
  if (event.key === 'Enter') return go(event.shiftKey ? -1 : 1);
  mode.handleKey(event);
}

part('previous').addEventListener('click', () => go(-1));
part('next').addEventListener('click', () => go(1));
addEventListener('keydown', (event) => {
  if (!session || event.altKey || event.metaKey) return;
  const { target, key, ctrlKey } = event;
  const isWriting = target.matches('textarea, select, input[type=text]');
  const isStep = key === 'Enter' && (ctrlKey || !(isWriting || target.matches('button')));
  if (!isStep && (isWriting || ctrlKey)) return;
  if (isStep) event.preventDefault();
  if (held && /^(?:[1-9]|Enter|Arrow.*)$/.test(key)) {
    event.preventDefault();
    held.push(event);
  } else press(event);
});
addEventListener('hashchange', () => location.reload());
addEventListener('beforeunload', (event) => {
  if (isUnsaved() || mode?.isUnsaved()) event.preventDefault();
});
start().catch((error) => warn(error.message));
