/** A fault as zod tells it; of what is not known to every kind of fault, only what the words need. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string;
  /** Of an object that takes no others, those that it does not know. */
  readonly keys?: readonly string[];
  /** The type that was asked for; of sizes the type that they are of. */
  readonly expected?: string;
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly inclusive?: boolean;
  /** The values that are allowed; of records told apart by a key, those of the key. */
  readonly values?: readonly unknown[];
  readonly options?: readonly unknown[];
  readonly divisor?: number | bigint;
  readonly pattern?: string;
  readonly format?: string;
  /** What each of several forms finds wrong. */
  readonly errors?: readonly (readonly SchemaIssue[])[];
}

const TYPES = new Map([
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['string', 'a string'],
  ['boolean', 'true or false'],
  ['array', 'an array'],
  ['tuple', 'an array'],
  ['object', 'an object'],
  ['record', 'an object'],
  ['undefined', 'nothing'],
]);
/** How zod's own messages begin: one that does not was written for its schema, and stands as it is. */
const OWN = /^(Invalid|Too (small|big)|Unrecognized)\b/;

/** What was expected, and of the wrong type what there was, in the words of this project's messages. */
export function faultWords(issue: SchemaIssue): string {
  const { message } = issue;
  if (!OWN.test(message)) return message;
  const expected = expectedOf(issue);
  if (expected === undefined) return message.replace(/^Invalid input: /, '');
  // Of another type zod says which; a fraction is a number too.
  const [, received] = issue.expected === 'int' ? [] : (/received (\S+)$/.exec(message) ?? []);
  return `expected ${expected}${received === undefined ? '' : `, got ${typeWords(received)}`}`;
}

function expectedOf(issue: SchemaIssue): string | undefined {
  const { code, values, options, divisor, pattern, format, errors = [] } = issue;
  switch (code) {
    case 'invalid_type':
      return typeWords(issue.expected);
    case 'too_small':
    case 'too_big':
      return sizeWords(issue);
    case 'invalid_value':
      return values && oneOf(values);
    case 'not_multiple_of':
      return divisor === undefined ? undefined : `a multiple of ${divisor}`;
    case 'invalid_format':
      return format === 'url' ? 'a URL' : pattern === undefined ? undefined : `a string like ${pattern}`;
    case 'invalid_union': {
      if (options !== undefined) return oneOf(options);
      const forms = errors.map(([first]) => first && expectedOf(first));
      return forms.length === 0 || forms.includes(undefined) ? undefined : [...new Set(forms)].join(', or ');
    }
    default:
      return undefined;
  }
}

function sizeWords({
  code,
  origin = '',
  minimum,
  maximum,
  inclusive = true,
}: SchemaIssue): string | undefined {
  const isLeast = code === 'too_small';
  const limit = isLeast ? minimum : maximum;
  if (limit === undefined) return undefined;
  const bound = inclusive
    ? `at ${isLeast ? 'least' : 'most'} ${limit}`
    : `${isLeast ? 'above' : 'below'} ${limit}`;
  const unit = { string: 'character', array: 'item', tuple: 'item', set: 'item' }[origin];
  if (unit !== undefined) return `${bound} ${unit}${Number(limit) === 1 ? '' : 's'}`;
  return `${typeWords(origin === 'int' ? 'int' : 'number')} ${inclusive ? 'of ' : ''}${bound}`;
}

function typeWords(type = 'something else'): string {
  return TYPES.get(type) ?? type;
}

function oneOf(values: readonly unknown[]): string {
  return `${values.length === 1 ? '' : 'one of '}${values.map((value) => JSON.stringify(value)).join(', ')}`;
}
