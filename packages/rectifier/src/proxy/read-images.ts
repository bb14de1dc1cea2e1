import { imageUri, readImageSize } from '@fgam/data';
import type { Message } from './chat-request.js';
import type { ImageFetcher } from './image-fetcher.js';
import { badRequest, type ProxyError } from './proxy-error.js';

/** What {@link readImages} goes by. */
export interface ImageLimits {
  readonly maxImages: number;
  /** Of each image. */
  readonly maxImageBytes: number;
  /** Undefined: no URL is fetched. */
  readonly fetcher: ImageFetcher | undefined;
  readonly signal: AbortSignal;
}

/** A conversation whose images are there. */
export interface ReadConversation {
  /** With data URIs in place of all URLs: the upstream fetches none of them. */
  readonly messages: readonly Message[];
  /** The images of each message. */
  readonly images: readonly (readonly Uint8Array[])[];
}

/**
 * Reads and checks the images of a conversation, all at once; where one fails, the others are given up.
 * @throws ProxyError 400 for one that is no image, too large, one too many or not to be fetched
 */
export async function readImages(
  messages: readonly Message[],
  limits: ImageLimits,
): Promise<ReadConversation> {
  const count = messages
    .flatMap(({ content }) => (Array.isArray(content) ? content : []))
    .filter(({ type }) => type === 'image_url').length;
  if (count > limits.maxImages)
    throw badRequest(
      `expected ${limits.maxImages} images at most, got ${count}`,
      'messages',
      'too_many_images',
    );
  const over = new AbortController();
  const within = { ...limits, signal: AbortSignal.any([limits.signal, over.signal]) };
  try {
    const read = await Promise.all(messages.map((message) => readMessage(message, within)));
    return { messages: read.map(({ message }) => message), images: read.map(({ images }) => images) };
  } finally {
    over.abort();
  }
}

interface ReadMessage {
  readonly message: Message;
  readonly images: readonly Uint8Array[];
}

async function readMessage(message: Message, limits: ImageLimits): Promise<ReadMessage> {
  if (!Array.isArray(message.content)) return { message, images: [] };
  const read = await Promise.all(
    message.content.map(async (part) => {
      if (part.type !== 'image_url') return { part };
      const bytes = await bytesOf(part.image_url.url, limits);
      return { part: { ...part, image_url: { ...part.image_url, url: await checkedUri(bytes) } }, bytes };
    }),
  );
  return {
    message: { ...message, content: read.map(({ part }) => part) },
    images: read.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes])),
  };
}

async function bytesOf(url: string, { maxImageBytes, fetcher, signal }: ImageLimits): Promise<Buffer> {
  if (!/^data:/i.test(url)) {
    if (fetcher === undefined)
      throw badRequest(
        'expected each image as a data URI: this server fetches no URLs',
        'messages',
        'image_url_not_allowed',
      );
    return fetcher.fetch(url, signal);
  }
  const comma = url.indexOf(',');
  const encoded = url.slice(comma + 1);
  if (!/^data:image\/[\w.+-]+;base64$/i.test(url.slice(0, comma)))
    throw badImage('a data URI in base64 (data:image/png;base64,...)');
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.byteLength > maxImageBytes) throw badImage(`${maxImageBytes} bytes at most`);
  // Node passes over what is no base64.
  if (unfilled(bytes.toString('base64')) !== unfilled(encoded)) throw badImage('whole base64');
  return bytes;
}

/** Base64 without what fills up its end, two marks at most. */
function unfilled(encoded: string): string {
  const marks = ['==', '='].find((each) => encoded.endsWith(each)) ?? '';
  return encoded.slice(0, encoded.length - marks.length);
}

/** An image's data URI, whatever it said it was. */
async function checkedUri(bytes: Buffer): Promise<string> {
  const uri = imageUri(bytes);
  const isWhole =
    uri !== undefined &&
    (await readImageSize(bytes).then(
      () => true,
      // Broken, or of more pixels than are decoded.
      () => false,
    ));
  if (!isWhole) throw badImage('a PNG, JPEG, WebP or GIF');
  return uri;
}

function badImage(expected: string): ProxyError {
  return badRequest(`expected an image: ${expected}`, 'messages', 'invalid_image');
}
