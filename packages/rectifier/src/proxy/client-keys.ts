import { createHash, timingSafeEqual } from 'node:crypto';
import { ProxyError } from './proxy-error.js';

/** Checks the key of a request's `Authorization`. */
export type CheckKey = (authorization: string | undefined) => void;

/**
 * Lets requests through that bring one of the keys. Hashes are compared, all of them and in constant time:
 * how long it takes says nothing of a key.
 *
 * @returns throws ProxyError 401
 */
export function createKeyCheck(keys: readonly string[] | undefined): CheckKey {
  if (keys === undefined) return () => {};
  const hashes = keys.map(hashOf);
  return (authorization = '') => {
    const [, given = ''] = /^Bearer +(.+)$/i.exec(authorization) ?? [];
    const hash = hashOf(given);
    const matches = hashes.map((each) => timingSafeEqual(each, hash));
    if (!matches.includes(true))
      throw new ProxyError(401, {
        message: 'expected one of the API keys of this server as Authorization: Bearer',
        code: 'invalid_api_key',
      });
  };
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
