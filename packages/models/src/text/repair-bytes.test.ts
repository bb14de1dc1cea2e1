import { describe, expect, it } from 'vitest';
import { repairBytes } from './repair-bytes.js';

// Token 256 + n is a word, token n below that the byte n.
const vocabulary = {
  id_to_token: (id: number) =>
    id < 256 ? `<0x${id.toString(16).toUpperCase().padStart(2, '0')}>` : `word${id}`,
  token_to_id: (token: string) => Number.parseInt(token.slice(3, 5), 16),
};
const bad = [0xef, 0xbf, 0xbd];

describe('repairBytes', () => {
  it('leaves runs of bytes that are UTF-8', () => {
    const ids = [300, 0xc3, 0x9c, 301, 0x0a];
    expect(repairBytes(ids, vocabulary)).toEqual(ids);
  });

  it('puts U+FFFD for each byte of a run that is not, to the run’s end, whatever part of it could be read', () => {
    expect(repairBytes([0x41, 0x9c, 300, 0x42], vocabulary)).toEqual([...bad, ...bad, 300, 0x42]);
    expect(repairBytes([300, 0xc3], vocabulary)).toEqual([300, ...bad]);
  });

  it('does nothing where the vocabulary has no bytes', () => {
    expect(repairBytes([0x9c], { ...vocabulary, token_to_id: () => undefined })).toEqual([0x9c]);
  });
});
