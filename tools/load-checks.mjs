/**
 * Replies by the numbers of their requests. The upstream puts the request's number into the id and the text of its
 * completion, and each id is new: what a client takes shows whose it is, and whether it was given before.
 */
export function createReplies() {
  const seen = new Set();
  /**
   * `once` for a request's own reply, `foreign` for another's, `twice` for one that was given before, or that holds
   * more than one answer.
   *
   * @param reply - `ids`: of all its completions or chunks; `text`: all of its contents; `ends`: how often it says that
   * it has ended; `report`: the id of the proxy's own report
   */
  return ({ number, ids, text, ends, report }) => {
    const own = [...new Set(ids)];
    const answers = [...text.matchAll(/answer (\d+) /g)].map(([, of]) => Number(of));
    const isOwn = (id) => new RegExp(`^chatcmpl-${number}-\\d+$`).test(id);
    if (own.length === 0 || !own.every(isOwn) || answers.some((of) => of !== number)) return 'foreign';
    const isNew = [...own, report].every((id) => !seen.has(id));
    for (const id of [...own, report]) seen.add(id);
    return isNew && own.length === 1 && ends === 1 && answers.length === 1 ? 'once' : 'twice';
  };
}

/**
 * What an upstream was asked for first answers: each request's is wanted once. A call that failed or stalled is made
 * again, and so is one that took longer than the caller waits; any other second one is not meant to be.
 *
 * @param patience - milliseconds that the caller waits for an answer
 */
export function createFirstAnswers(patience) {
  const answered = new Map();
  let twice = 0;
  return {
    /** A call for one that will be answered. */
    answer(number, now) {
      const before = answered.get(number);
      if (before !== undefined && now - before < patience) twice += 1;
      answered.set(number, now);
    },
    twice: () => twice,
  };
}

/**
 * Whether memory stays what it was: the least of what was read after the load, when nothing was under way, is at most
 * `share` times the median of the middle third of the readings under load, and `slack` more.
 */
export function memoryCheck(during, after, { share, slack }) {
  const middle = during.slice(Math.floor(during.length / 3), Math.ceil((2 * during.length) / 3));
  const sorted = middle.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const bound = median * share + slack;
  const last = Math.min(...after);
  return { median, last, bound, holds: last <= bound };
}

/** Chat completions by HTTP status, as the proxy's `/metrics` has them. */
export function repliesByStatus(metrics) {
  const found = metrics.matchAll(/requests_total\{route="\/v1\/chat\/completions",status="(\d+)"\} (\d+)/g);
  return [...found].map(([, status, count]) => [status, Number(count)]);
}
