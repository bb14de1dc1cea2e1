import { setMaxListeners } from 'node:events';
import { type DescriberUsage, type TokenPrices, UsageMeter } from './ledger.js';
import type { ChatReply } from './chat-endpoint.js';

/** Thrown where the run has ended before a request was sent. */
export class RunStopped extends Error {}

/** The state of one call of a describer. */
export class DescribeRun {
  readonly meter = new UsageMeter();
  /**
   * Replies under way by their keys, until they are settled: equal requests at one time are sent once;
   * later ones are the cache's.
   */
  readonly pending = new Map<string, Promise<ChatReply>>();
  /** Aborted by the caller, and by an error that ends the call. */
  readonly signal: AbortSignal;
  /** Ends waiting for another try: aborted by `signal`, and when the endpoint is given up. */
  readonly waiting: AbortSignal;
  private readonly cancelled = new AbortController();
  private readonly halted = new AbortController();
  private failures = 0;
  private ended: { readonly stop: 'budget' | 'endpoint'; readonly detail: string } | undefined;

  /** @param signal - the caller's */
  constructor(signal: AbortSignal | undefined) {
    this.signal = signal ? AbortSignal.any([signal, this.cancelled.signal]) : this.cancelled.signal;
    this.waiting = AbortSignal.any([this.signal, this.halted.signal]);
    // One listener a request under way, taken off at its end: as many as the describer's concurrency, no leak.
    setMaxListeners(0, this.signal, this.waiting);
  }

  /** How the run ended. A budget that is spent does not hide an endpoint that is gone. */
  end(): { readonly stop: 'done' | 'budget' | 'endpoint'; readonly detail?: string } {
    return this.ended ?? { stop: 'done' };
  }

  /** Nothing more is sent, nor waited for. */
  giveUp(stop: 'budget' | 'endpoint', detail: string): void {
    if (!this.ended || stop === 'endpoint') this.ended = { stop, detail };
    if (stop === 'endpoint') this.halted.abort(new RunStopped(detail));
  }

  /** @throws RunStopped where the endpoint is given up; the signal's reason */
  throwIfEnded(): void {
    this.waiting.throwIfAborted();
  }

  /** A request failed for good; so many in a row end the run. */
  failed(detail: string, most: number): void {
    this.failures += 1;
    if (this.failures >= most)
      this.giveUp('endpoint', `${this.failures} failures in a row, the last: ${detail}`);
  }

  /** A request was answered. */
  succeeded(): void {
    this.failures = 0;
  }

  /** Stops what is under way: the call is going to throw. */
  cancel(reason: unknown): void {
    this.cancelled.abort(reason);
  }

  /** What was spent so far. */
  usage(prices: TokenPrices | undefined): DescriberUsage {
    return this.meter.usage(prices);
  }
}
