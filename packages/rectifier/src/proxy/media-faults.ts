/**
 * How strings are read: as text, as a JSON schema, as settings that hold no addresses, whatever they say of media, or,
 * where none of these is said, as what an upstream might fetch; by the names of fields, in lists too.
 */
export type Reading = 'text' | 'schema' | 'settings' | { readonly [name: string]: Reading };

/** What an upstream might fetch, or take for media that no critic sees. */
export interface MediaFault {
  readonly path: string[];
  readonly message: string;
}

const UNKNOWN =
  'unknown key: images, sound and files are parts of the content of messages, and addresses stay here';
const ADDRESS = 'expected no address: images, sound and files are parts of the content of messages';
const REFERENCE = 'expected a reference within the schema (#...)';

const MEDIA = 'image|img|picture|photo|pixel|video|audio|media|multimodal|modal|mm|file|attachment';
const ADDRESSES = 'url|uri|base64|b64|host';
/** Words of names that addresses, and bytes in place of them, are given by. */
const ADDRESS_WORD = new RegExp(`(?:${ADDRESSES})s?\\d*$`);
/** Words of names that servers take media and addresses by. */
const MEDIA_WORD = new RegExp(`^(?:(?:${MEDIA})s?(?:(?:data|path|${ADDRESSES})s?)?|(?:${ADDRESSES})s?)\\d*$`);
/** Last words of names that say how media are read, such as `image_config` and `image_mean`. */
const SETTING_WORD = new RegExp(
  '^(?:config|kwargs|backend|detail|format|mean|mode|options|pinpoints|quality|ratio|resolution|size|std|type)$',
);
/** In any scheme; of these also without slashes, as URLs are read by the WHATWG's rules. */
const ADDRESS_START =
  /^(?:[a-z][a-z\d+.-]*:[\\/]{2}|(?:https?|wss?|ftps?|blob):\S|file:[\\/]|data:[^\s,]*,|[\\/]{2})/i;
/** Some validators of schemas fetch what these name. */
const REFERENCES = new Set(['$ref', '$dynamicRef', '$recursiveRef']);

/** Finds media and addresses at any depth, beside what is read as text. */
export function mediaFaults(
  value: unknown,
  reading: Reading = {},
  path: readonly string[] = [],
): MediaFault[] {
  if (reading === 'text') return [];
  if (typeof value === 'string')
    return reading !== 'schema' && isAddress(value) ? [{ path: [...path], message: ADDRESS }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, held]) => {
    const place = [...path, key];
    if (reading === 'schema') return schemaFaults(key, held, place);
    if (Array.isArray(value)) return mediaFaults(held, reading, place);
    if (reading !== 'settings' && Object.hasOwn(reading, key)) return mediaFaults(held, reading[key], place);
    const words = wordsOf(key);
    if (isMediaName(words, reading) && holdsContent(held)) return [unknownField(place)];
    return mediaFaults(held, reading === 'settings' || isOfSettings(words) ? 'settings' : {}, place);
  });
}

/** Finds fields that have no reading and hold content, and media and addresses in the others. */
export function unknownFields(value: object, readings: Readonly<Record<string, Reading>>): MediaFault[] {
  return Object.entries(value).flatMap(([key, held]) => {
    if (Object.hasOwn(readings, key)) return mediaFaults(held, readings[key], [key]);
    return holdsContent(held) ? [unknownField([key])] : [];
  });
}

/** Whether it holds a text, or a list with a number, as bytes and pixels are. */
export function holdsContent(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((each) => typeof each === 'number' || holdsContent(each));
  if (typeof value === 'object' && value !== null) return Object.values(value).some(holdsContent);
  return typeof value === 'string' && value !== '';
}

function schemaFaults(key: string, held: unknown, path: string[]): MediaFault[] {
  if (REFERENCES.has(key) && typeof held === 'string' && !held.startsWith('#'))
    return [{ path, message: REFERENCE }];
  return mediaFaults(held, 'schema', path);
}

function unknownField(path: string[]): MediaFault {
  return { path, message: UNKNOWN };
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z\d]+/);
}

function isMediaName(words: readonly string[], reading: Reading): boolean {
  const isOfMedia = (word: string): boolean =>
    (reading === 'settings' ? ADDRESS_WORD : MEDIA_WORD).test(word);
  return words.some(isOfMedia) && !SETTING_WORD.test(words.at(-1) ?? '');
}

/** Such as `mm_processor_kwargs`. */
function isOfSettings(words: readonly string[]): boolean {
  return words.length > 1 && /^(?:config|kwargs)$/.test(words.at(-1) ?? '');
}

/** Whether it begins as an address does for those who fetch: space before it and line ends in it do not count. */
function isAddress(text: string): boolean {
  return ADDRESS_START.test(text.replace(/^[\s\p{Cc}]+/u, '').replace(/[\t\n\r]/g, ''));
}
