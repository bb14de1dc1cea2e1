import { type Critic, type EarlierTurn, listFaults } from '@fgam/data';
import { z } from 'zod';
import { holdsContent, type MediaFault, mediaFaults, unknownFields } from './media-faults.js';
import { BODY_READINGS, MESSAGE_READINGS } from './media-readings.js';
import { badRequest } from './proxy-error.js';
import { MOST_ROUNDS, share } from './proxy-options.js';

/** Bytes in base64, alone or as a data URI: no address of them, in any scheme. */
const base64 = z.string().regex(/^(?:data:[^,]*;base64,)?[\w+/=\s-]*$/, { error: 'expected base64' });

/** Without what an upstream might fetch. */
const plain = z.unknown().superRefine((value, context) => report(mediaFaults(value), context));
/** What every part may say beside what it is, such as by what a server keeps it. */
const others = { cache_control: plain.optional(), uuid: plain.optional() };

/**
 * An object with these fields, and others that hold no content: the upstream might fetch what a client names in one
 * that this does not know, such as `video_url`.
 */
function known<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$loose> {
  return z.looseObject(shape).superRefine((value, context) => {
    for (const [key, held] of Object.entries(value))
      if (!Object.hasOwn(shape, key) && holdsContent(held))
        context.addIssue({ code: 'custom', path: [key], message: 'unknown key' });
  });
}

function report(faults: readonly MediaFault[], context: z.RefinementCtx): void {
  for (const fault of faults) context.addIssue({ code: 'custom', ...fault });
}

const textPart = known({ type: z.literal('text'), text: z.string(), ...others });
/** An id of the upstream's own: some servers take a URL for one. */
const id = z.string().regex(/^[\w.-]+$/, { error: 'expected an id' });
const referencePart = known({
  ...{ type: z.literal('reference'), ...others },
  reference_ids: z.array(z.union([z.int(), id])).nullish(),
});
const part = z.discriminatedUnion('type', [
  textPart,
  // In Mistral's answers, which clients send back.
  referencePart,
  known({
    ...{ type: z.literal('thinking'), ...others },
    thinking: z.array(z.discriminatedUnion('type', [textPart, referencePart])),
  }),
  known({ type: z.literal('refusal'), refusal: z.string().nullish(), ...others }),
  known({
    ...{ type: z.literal('image_url'), ...others },
    image_url: known({ url: z.string(), detail: z.string().nullish(), format: z.string().nullish() }),
  }),
  known({
    ...{ type: z.literal('input_audio'), ...others },
    input_audio: known({ data: base64, format: z.string().nullish() }),
  }),
  known({
    ...{ type: z.literal('file'), ...others },
    file: known({
      file_data: base64.nullish(),
      file_id: id.nullish(),
      filename: z.string().nullish(),
      format: z.string().nullish(),
    }),
  }),
]);

const message = z
  .looseObject({
    role: z.string(),
    content: z.union([z.string(), z.array(part)]).nullish(),
    /** What an assistant declined in, in place of content. */
    refusal: z.string().nullish(),
    name: z.string().nullish(),
    tool_call_id: z.string().nullish(),
    reasoning: z.string().nullish(),
    reasoning_content: z.string().nullish(),
  })
  .superRefine((value, context) => report(unknownFields(value, MESSAGE_READINGS), context));
const controls = z.strictObject({
  /** False: the answer comes as it is. */
  enabled: z.boolean().optional(),
  rounds: z.int().min(0).max(MOST_ROUNDS).optional(),
  /** How sure of its refusal the critic must be for a revision. */
  while_sure: share.optional(),
  /** Whether the upstream says of each revision whether it is better. */
  decide: z.boolean().optional(),
  critic: z.string().optional(),
  budget_ms: z.int().min(1).optional(),
  /** Of the answers together. */
  budget_tokens: z.int().min(1).optional(),
  /** Whether the reply holds the trajectory. */
  trajectory: z.boolean().optional(),
});
const bodySchema = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  prediction: z.looseObject({ content: z.union([z.string(), z.array(textPart)]).nullish() }).nullish(),
});
const schema = bodySchema
  .extend({ fgam: controls.nullish() })
  .superRefine((value, context) => report(mediaFaults(value, BODY_READINGS), context));

/** A message of a conversation; fields that are not read stay in it. */
export type Message = z.infer<typeof message>;
/** A chat completion's request; fields that are not read go to the upstream as they are. */
export type ChatBody = z.infer<typeof bodySchema>;
/** What a request says of its rectification. */
export type Controls = z.infer<typeof controls>;

/** A request for a chat completion, its controls apart. */
export interface ChatRequest {
  readonly body: ChatBody;
  readonly controls: Controls;
}

/** Reads a request's body. @throws ProxyError 400 naming every fault; its `param` is the first one's */
export function readChatRequest(json: unknown): ChatRequest {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const param = parsed.error.issues[0]?.path.join('.') || null;
    throw badRequest(listFaults(parsed.error, 'the body').join('; '), param);
  }
  const { fgam, ...body } = parsed.data;
  return { body, controls: fgam ?? {} };
}

/** Why a request is answered as it is, by the upstream alone. */
export type Unrectified =
  | 'off'
  | 'several-choices'
  | 'tools'
  | 'logprobs'
  | 'other-content'
  | 'no-question'
  | 'no-image'
  | 'several-images'
  | 'no-text';

/** What a critic is asked about. */
export interface Subject {
  /** The words of the last turn. */
  readonly question: string;
  /** Those before it. */
  readonly turns: readonly EarlierTurn[];
}

/**
 * Finds what can be rectified: the answer to a user's words about an image, the last of the conversation. A
 * critic that sees one image alone is not asked about a turn that brought several, for what it does not find
 * in the last may be in another.
 */
export function subjectOf(
  { body, controls: { enabled } }: ChatRequest,
  { readsContext = false }: Pick<Critic, 'readsContext'>,
): Subject | Unrectified {
  const { messages } = body;
  const has = (...names: readonly string[]): boolean =>
    names.map((name) => body[name]).some((value) => (Array.isArray(value) ? value.length > 0 : value));
  if (enabled === false) return 'off';
  if (typeof body['n'] === 'number' && body['n'] > 1) return 'several-choices';
  if (has('tools', 'functions') || messages.some(({ role }) => role === 'tool' || role === 'function'))
    return 'tools';
  if (has('logprobs', 'top_logprobs')) return 'logprobs';
  const modalities = Array.isArray(body['modalities']) ? body['modalities'] : [];
  const isOther = messages.some(({ content }) =>
    partsOf(content).some(({ type }) => type === 'input_audio' || type === 'file'),
  );
  if (isOther || modalities.some((each) => each !== 'text')) return 'other-content';
  const last = messages.at(-1);
  const question = textOf(last?.content);
  if (last?.role !== 'user' || question.trim() === '') return 'no-question';
  const latest = messages.findLast(({ content }) => imagesOf(content) > 0);
  if (latest === undefined) return 'no-image';
  if (!readsContext && imagesOf(latest.content) > 1) return 'several-images';
  return { question, turns: messages.slice(0, -1).map(turnOf) };
}

function turnOf({ role, content, refusal }: Message): EarlierTurn {
  const images = imagesOf(content);
  return {
    // `developer` is what newer models call `system`.
    role: role === 'user' || role === 'assistant' ? role : 'system',
    // The parts of an answer are pieces of one text.
    text: textOf(content, role === 'assistant' ? '' : '\n') || (refusal ?? ''),
    ...(images === 0 ? {} : { images }),
  };
}

function partsOf(content: Message['content']): readonly z.infer<typeof part>[] {
  return Array.isArray(content) ? content : [];
}

function textOf(content: Message['content'], separator = '\n'): string {
  if (typeof content === 'string') return content;
  return partsOf(content)
    .flatMap((each) =>
      each.type === 'text' ? each.text : each.type === 'refusal' ? (each.refusal ?? []) : [],
    )
    .join(separator);
}

function imagesOf(content: Message['content']): number {
  return partsOf(content).filter(({ type }) => type === 'image_url').length;
}
