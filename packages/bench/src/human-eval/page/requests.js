const token = decodeURIComponent(location.hash.slice(1));

/** Values on their way, by path: of one path only the last counts. */
const unsaved = new Map();
let sending;

async function call(path, options = {}) {
  const reply = await fetch(`/api/${path}`, {
    ...options,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
  });
  if (reply.ok) return reply;
  const { error } = await reply.json().catch(() => ({}));
  // What fails at the server may go well later; what it refuses does not.
  const isRefused = reply.status < 500;
  throw Object.assign(new Error(error ?? `The server answered ${reply.status}.`), { isRefused });
}

export const getJson = async (path) => (await call(path)).json();
export const getBlob = async (path) => (await call(path)).blob();
export const putJson = async (path, value) =>
  (await call(path, { method: 'PUT', body: JSON.stringify(value) })).json();

/** Saves a value in the background, and tries again while the server is away. */
export function save(path, value, { onSaved, onTrouble, onRefused }) {
  unsaved.set(path, { value, onSaved, onTrouble, onRefused });
  sending ??= send().finally(() => {
    sending = undefined;
  });
  return sending;
}

/** Done when all is saved that can be. */
export const settled = () => sending ?? Promise.resolve();

/** Whether something is on its way. */
export const isUnsaved = () => unsaved.size > 0;

async function send() {
  while (unsaved.size > 0) {
    const [path, entry] = unsaved.entries().next().value;
    try {
      const reply = await putJson(path, entry.value);
      if (unsaved.get(path) === entry) unsaved.delete(path);
      entry.onSaved(reply);
    } catch (error) {
      entry.onTrouble(
        error.isRefused ? error.message : 'Not saved yet: the server can not be reached. Trying again.',
      );
      // Unless another value of the same is on its way by now.
      const isLast = unsaved.get(path) === entry;
      if (error.isRefused && isLast) {
        unsaved.delete(path);
        entry.onRefused();
      } else if (!error.isRefused) await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  }
}
