import { expect, test } from 'vitest';
import { fingerprintRequests } from './fingerprint.js';

test('questions about other images are other questions, images of bytes too', () => {
  const of = (image: Uint8Array) => fingerprintRequests([{ id: 'a', image, question: 'what ?' }]);
  expect(of(Uint8Array.of(1, 2))).toEqual(of(Uint8Array.of(1, 2)));
  expect(of(Uint8Array.of(1, 2))).not.toEqual(of(Uint8Array.of(1, 3)));
});
