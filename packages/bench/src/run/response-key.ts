import { createHash } from 'node:crypto';

/** All that a response depends on. */
export interface AskedResponse {
  /** The model's identity: the hash of its files, or its endpoint and name. */
  readonly model: string;
  /** Of the model's use and of the request: template, most tokens, temperature, seed. */
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly prompt: string;
  /** SHA-256 of the image's bytes; empty where the question has none. */
  readonly image: string;
  readonly revision?: { readonly response: string; readonly feedback: string };
}

/** SHA-256 of all that a response depends on: what it is stored under. */
export function responseKey({ model, parameters, prompt, image, revision }: AskedResponse): string {
  const settings = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  const former = revision === undefined ? null : [revision.response, revision.feedback];
  return createHash('sha256')
    .update(JSON.stringify([model, settings, prompt, image, former]))
    .digest('hex');
}
