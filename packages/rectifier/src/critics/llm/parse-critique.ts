import { listFaults } from '@fgam/data';
import { type Critique, critiqueSchema } from './critique-schema.js';

/** A reply as a critique, or what is wrong with it in words for the model. */
export type ParsedCritique = { readonly critique: Critique } | { readonly faults: string };

/** A block of Markdown, as models put JSON into one unasked. */
const FENCED = /^[^{]*?```(?:json)?\s*\n([\s\S]*?)\n?\s*```/i;
/** Faults that are told at a time. */
const MOST_FAULTS = 5;

/** Reads the JSON of an LLM critic's reply, in a Markdown fence too, and checks it against the schema. */
export function parseCritique(text: string): ParsedCritique {
  let json: unknown;
  try {
    json = JSON.parse(FENCED.exec(text)?.[1] ?? text);
  } catch {
    return { faults: text.trim() === '' ? 'it was empty' : 'it is not valid JSON' };
  }
  const parsed = critiqueSchema.safeParse(json);
  if (parsed.success) return { critique: parsed.data };
  return { faults: listFaults(parsed.error, 'the whole').slice(0, MOST_FAULTS).join('; ') };
}
