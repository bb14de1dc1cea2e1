import type { Region, RegionSample } from '@fgam/data';
import { afterEach, beforeEach } from 'vitest';
import {
  type ChatServer,
  describeWell,
  startChatServer,
} from '../../../data/src/chat-server.test-support.js';
import { createLlmDescriber, type LlmDescriber } from './create-llm-describer.js';
import type { LlmDescriberOptions } from './llm-describer-options.js';

/** What a test of a describer works with: new for each test. */
export interface DescriberTest {
  readonly server: ChatServer;
  /** The waits that were asked for, in milliseconds; nothing waits. */
  readonly waits: readonly number[];
  /** A describer that asks the server. */
  readonly create: (options?: Partial<LlmDescriberOptions>) => LlmDescriber;
}

/** When the tests' clock stands still. */
const NOW = Date.parse('2026-01-01T00:00:00Z');

/** Starts a server before each test of a file, and closes it after. @param defaults - options of every describer */
export function describerTest(defaults: Partial<LlmDescriberOptions> = {}): DescriberTest {
  const state: { server?: ChatServer; waits: number[] } = { waits: [] };
  beforeEach(async () => {
    state.server = await startChatServer(describeWell);
    state.waits = [];
  });
  afterEach(() => state.server?.close());
  const serverOf = (): ChatServer => {
    if (state.server === undefined) throw new Error('describerTest: no test is running');
    return state.server;
  };
  const clock = {
    now: () => NOW,
    random: () => 1,
    sleep: async (wait: number, signal?: AbortSignal) => {
      state.waits.push(wait);
      signal?.throwIfAborted();
    },
  };
  return {
    get server() {
      return serverOf();
    },
    get waits() {
      return state.waits;
    },
    create: (options) =>
      createLlmDescriber({ baseUrl: serverOf().baseUrl, model: 'tiny', clock, ...defaults, ...options }),
  };
}

/** A box on the right. */
export const BOX = { x0: 0.7, y0: 0.4, x1: 0.9, y1: 0.6 };

/** A region at `BOX` with the description `old LABEL`. */
export function regionOf(id: string, label: string): Region {
  return { id, box: BOX, label, description: `old ${label}`, source: 'coco' };
}

/** A sample with a region `ID-0`, `ID-1`... for each label. */
export function sampleOf(
  id: string,
  labels: readonly string[],
  more: Partial<RegionSample> = {},
): RegionSample {
  const regions = labels.map((label, i) => regionOf(`${id}-${i}`, label));
  return { id, image: `${id}.png`, width: 40, height: 20, regions, ...more };
}
