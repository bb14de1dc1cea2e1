import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, fetch } from 'undici';
import { badRequest, ProxyError } from './proxy-error.js';
import { isPublicAddress } from './public-address.js';

/** Milliseconds for an image, from the name's resolution to the last byte. */
const FETCH_TIMEOUT = 20_000;

/** Options of {@link createImageFetcher}. */
export interface ImageFetcherOptions {
  /** Bytes of an image at most. */
  readonly maxBytes: number;
  /** Which IP addresses are connected to. Default: public ones. */
  readonly isAllowed?: (address: string) => boolean;
}

/** Fetches images that clients name by URL. */
export interface ImageFetcher {
  /** @throws ProxyError 400 where the URL is not allowed, does not answer with 200, or answers with too much */
  fetch(url: string, signal: AbortSignal): Promise<Buffer>;
  close(): Promise<void>;
}

/** A connection that was not made. */
class RefusedAddress extends Error {}

/**
 * Fetches by http(s), from public addresses alone. Each connection is made to the address that was checked,
 * those of redirects too: a name that resolves otherwise a moment later changes nothing.
 */
export function createImageFetcher({
  maxBytes,
  isAllowed = isPublicAddress,
}: ImageFetcherOptions): ImageFetcher {
  const checkedLookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const [first] = addresses;
      // One address that is not allowed refuses the name: no client needs to learn which of them is tried.
      if (first === undefined || !addresses.every(({ address }) => isAllowed(address)))
        return callback(new RefusedAddress(hostname), []);
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ lookup: checkedLookup, timeout: FETCH_TIMEOUT });
  const agent = new Agent({
    connect(options, callback) {
      // Addresses are not looked up.
      const address = options.hostname.replace(/^\[|\]$/g, '');
      if (isIP(address) > 0 && !isAllowed(address)) callback(new RefusedAddress(address), null);
      else connect(options, callback);
    },
  });

  return {
    async fetch(url, signal) {
      checkUrl(url);
      const timeout = AbortSignal.timeout(FETCH_TIMEOUT);
      try {
        const response = await fetch(url, {
          dispatcher: agent,
          headers: { accept: 'image/*' },
          signal: AbortSignal.any([signal, timeout]),
        });
        if (response.status !== 200) {
          await response.body?.cancel();
          throw badImageUrl(`answered with ${response.status}`);
        }
        const parts: Uint8Array[] = [];
        let length = 0;
        // Leaving the loop by an error cancels the stream.
        for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
          length += part.byteLength;
          if (length > maxBytes) throw badImageUrl(`holds more than ${maxBytes} bytes`);
          parts.push(part);
        }
        return Buffer.concat(parts);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ProxyError) throw error;
        throw badImageUrl(
          isRefusal(error)
            ? 'leads to an address that is not public'
            : timeout.aborted
              ? 'did not answer in time'
              : 'could not be fetched',
        );
      }
    },
    close: () => agent.destroy(),
  };
}

function checkUrl(url: string): void {
  if (!URL.canParse(url) || !/^https?:/i.test(url)) throw badImageUrl('is no http(s) URL');
  const { username, password } = new URL(url);
  if (username || password) throw badImageUrl('holds a name or a password');
}

function isRefusal(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if (each instanceof RefusedAddress) return true;
  return false;
}

function badImageUrl(what: string): ProxyError {
  return badRequest(`the image's URL ${what}`, 'messages', 'invalid_image_url');
}
