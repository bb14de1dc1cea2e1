import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { MOST_ROUNDS } from './proxy-options.js';
import type { Slots } from './slots.js';

/** What a proxy counts. */
export interface ProxyMetrics {
  readonly requests: Counter<'route' | 'status'>;
  readonly seconds: Histogram;
  readonly stops: Counter<'stop'>;
  readonly revisions: Histogram;
  readonly degraded: Counter<'reason'>;
  readonly unrectified: Counter<'reason'>;
  readonly upstreamCalls: Counter<'outcome'>;
  /** The text that Prometheus reads. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Counters of one proxy and of its process, in a registry of their own. */
export function createMetrics(slots: Slots): ProxyMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, label: Label, ...labels: Label[]) =>
    new Counter({ name: `fgam_proxy_${name}_total`, help, labelNames: [label, ...labels], registers });
  const gauge = (name: string, help: string, read: () => number): void => {
    const made: Gauge = new Gauge({
      name: `fgam_proxy_${name}`,
      help,
      registers,
      collect: () => made.set(read()),
    });
  };
  gauge('active_requests', 'chat completions worked on', () => slots.active());
  gauge('waiting_requests', 'chat completions that wait', () => slots.waiting());
  return {
    requests: counter<'route' | 'status'>('requests', 'requests by route and HTTP status', 'route', 'status'),
    seconds: new Histogram({
      name: 'fgam_proxy_request_seconds',
      help: 'seconds of a chat completion, from its slot to the end of its reply',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120],
      registers,
    }),
    stops: counter('stops', 'rectified answers by what ended their rounds', 'stop'),
    revisions: new Histogram({
      name: 'fgam_proxy_revisions',
      help: 'revisions of an answer',
      buckets: Array.from({ length: MOST_ROUNDS + 1 }, (_, i) => i),
      registers,
    }),
    degraded: counter('degraded', 'first answers that were returned because a round failed', 'reason'),
    unrectified: counter('unrectified', 'answers passed through', 'reason'),
    upstreamCalls: counter(
      'upstream_calls',
      'HTTP requests to the upstream, further tries among them',
      'outcome',
    ),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
