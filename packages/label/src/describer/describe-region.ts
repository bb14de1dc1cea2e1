import { isFgamError } from '@fgam/data';
import type { AskModel } from './ask-model.js';
import { ChatFailure } from './chat-failure.js';
import {
  checkDescription,
  cleanDescription,
  type TextFault,
  type TextFaultReason,
} from './check-description.js';
import { type DescribeRun, RunStopped } from './describe-run.js';
import { formatDescriberPrompt, type RegionFacts } from './describer-prompt.js';
import { BudgetSpent } from './ledger.js';
import type { DescriberSettings } from './llm-describer-options.js';
import type { RegionCrops } from './region-crops.js';

/**
 * Why a region has no new description: what is wrong with the last text, or `bad-image`; `refused-request`
 * (the endpoint takes everything but this); `endpoint-failed` (for good, after retries); `budget`; `stopped`
 * (the endpoint was given up before).
 */
export type UndescribedReason =
  | TextFaultReason
  | 'bad-image'
  | 'refused-request'
  | 'endpoint-failed'
  | 'budget'
  | 'stopped';

/** A description, or why there is none. */
export type RegionOutcome =
  | { readonly text: string }
  | { readonly reason: UndescribedReason; readonly detail: string };

/** Asks for one region until a text passes the checks. */
export async function describeRegion(
  facts: RegionFacts,
  crops: RegionCrops | undefined,
  settings: DescriberSettings,
  ask: AskModel,
  run: DescribeRun,
): Promise<RegionOutcome> {
  const { language, minWords, maxWords, attempts } = settings;
  const refused: TextFaultReason[] = [];
  let fault: TextFault = { reason: 'empty', detail: '' };
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const hasImage = crops !== undefined;
      const prompt = formatDescriberPrompt(facts, { language, maxWords, hasImage, refused });
      const picture = crops && {
        identity: crops.identity(facts.box),
        dataUrl: () => crops.dataUrl(facts.box),
      };
      const reply = await ask({ prompt, attempt, ...(picture ? { picture } : {}) }, run);
      const text = cleanDescription(reply.text);
      const found =
        faultOfFinish(reply.finish) ?? checkDescription(text, facts, { language, minWords, maxWords });
      if (!found) return { text };
      fault = found;
      refused.push(found.reason);
    }
    return fault;
  } catch (error) {
    return outcomeOf(error);
  }
}

function faultOfFinish(finish: 'stop' | 'length' | 'refused'): TextFault | undefined {
  if (finish === 'stop') return undefined;
  return finish === 'length'
    ? { reason: 'cut-off', detail: 'the reply was cut off at maxTokens' }
    : { reason: 'refusal', detail: 'refused by the endpoint' };
}

/** What an error means for one region; an error that ends the whole call is thrown on. */
export function outcomeOf(error: unknown): RegionOutcome {
  if (error instanceof BudgetSpent) return { reason: 'budget', detail: error.message };
  if (error instanceof RunStopped) return { reason: 'stopped', detail: error.message };
  if (error instanceof ChatFailure)
    return {
      reason: error.kind === 'refused' ? 'refused-request' : 'endpoint-failed',
      detail: error.message,
    };
  if (isFgamError(error) && error.code === 'label/bad-image')
    return { reason: 'bad-image', detail: error.message };
  throw error;
}
