import { afterEach, expect, test, vi } from 'vitest';
import { createProgress, withProgress } from './progress.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** What is written to standard error, where it is no terminal. */
function written(): () => string {
  const isTTY = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
  Object.defineProperty(process.stderr, 'isTTY', { value: false, configurable: true });
  const spy = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  return () => {
    if (isTTY) Object.defineProperty(process.stderr, 'isTTY', isTTY);
    else Reflect.deleteProperty(process.stderr, 'isTTY');
    return spy.mock.calls.map(([text]) => String(text)).join('');
  };
}

test('the last line has the true count', () => {
  const said = written();
  const progress = createProgress('work', 24);
  progress.update(24, 'loss 0.1');
  progress.stop();
  expect(said()).toMatch(/^work: 24\/24 \([\d.]+\/s\) loss 0\.1\n$/);
});

test('work that was done already, or refused, leaves no line', async () => {
  const said = written();
  await withProgress('kept', 24, async () => undefined);
  await expect(withProgress('refused', 24, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  // A run that is resumed after its last update.
  const progress = createProgress('resumed', 24, 24);
  progress.update(24);
  progress.stop();
  expect(said()).toBe('');
});

test('on a terminal the bar of work that did nothing is cleared', () => {
  const said = written();
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
  createProgress('kept', 24).stop();
  expect(said().endsWith('\u001B[1A\u001B[2K')).toBe(true);
});
