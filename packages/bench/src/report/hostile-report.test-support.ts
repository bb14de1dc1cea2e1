import type { Report } from './schema.js';

/** Breaks out of elements, attributes, scripts, styles, comments and Vega's expressions, if anything does. */
export const HOSTILE =
  '</script></style></textarea>--><img src=x onerror="alert(1)">\'"><script>alert(2)</script>&amp;${alert(3)}\\"];alert(4)//\u2028';

/** The report with every text made hostile; images stay, and keys that mean something. */
export function hostileReport(report: Report): Report {
  const attack = <T>(text: T): T & string => `${String(text)}${HOSTILE}` as T & string;
  const attackKeys = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [attack(key), value]));
  const attackRound = (round: Accounting['total']): Accounting['total'] => ({
    ...round,
    brokenIds: round.brokenIds.map(attack),
    fixedIds: round.fixedIds.map(attack),
    byKind: attackKeys(round.byKind),
  });
  const { rows = [], errors = [], latency = [], human, loops = [], critics = [] } = report.paper ?? {};
  const attackSystem = <System extends { family: string; variant: string; critic: string; scale: string }>(
    system: System,
  ): System => ({
    ...system,
    ...{ family: attack(system.family), variant: attack(system.variant) },
    ...{ critic: attack(system.critic), scale: attack(system.scale) },
  });
  return {
    paper: {
      rows: rows.map((row) => ({
        ...{ ...row, family: attack(row.family), variant: attack(row.variant) },
        ...{ critic: HOSTILE, scale: HOSTILE, note: HOSTILE },
      })),
      errors: errors.map((each) => ({
        ...{ ...each, source: attack(each.source), base: attack(each.base), full: attack(each.full) },
        types: each.types.map(({ part, ...type }) => ({
          ...type,
          ...(part === undefined ? {} : { part: attack(part) }),
        })),
      })),
      latency: latency.map((each) => ({ ...each, name: attack(each.name) })),
      loops: loops.map(attackSystem),
      critics: critics.map((each) => ({
        ...attackSystem(each),
        types: each.types.map((type) => ({ ...type, type: attack(type.type) })),
      })),
      ...(human && {
        human: {
          ...human,
          systems: human.systems.map((system) => ({ ...system, name: attack(system.name) })),
        },
      }),
    },
    title: attack(report.title),
    generatedAt: attack(report.generatedAt),
    provenance: { ...attackKeys(report.provenance), [HOSTILE]: HOSTILE },
    variants: report.variants.map((variant) => ({
      ...variant,
      name: attack(variant.name),
      description: attack(variant.description),
      metrics: attackKeys(variant.metrics),
      ...(variant.withLoop && { withLoop: attackKeys(variant.withLoop) }),
      ...(variant.accounting && {
        accounting: {
          brokenIds: variant.accounting.brokenIds.map(attack),
          total: attackRound(variant.accounting.total),
          rounds: variant.accounting.rounds.map(attackRound),
        },
      }),
    })),
    curves: report.curves.map(({ name, points }) => ({
      name: attack(name),
      points: points.map((point) => ({ ...point, parts: attackKeys(point.parts) })),
    })),
    comparisons: report.comparisons.map((comparison) => ({
      ...comparison,
      baseline: attack(comparison.baseline),
      variant: attack(comparison.variant),
      metric: attack(comparison.metric),
    })),
    examples: report.examples.map((example) => ({
      ...example,
      ...(example.variant !== undefined && { variant: attack(example.variant) }),
      question: attack(example.question),
      answer: attack(example.answer),
      boxes: example.boxes.map(({ label, box }) => ({ label: attack(label), box })),
      trajectory: {
        id: attack(example.trajectory.id),
        final: attack(example.trajectory.final),
        stop: attack(example.trajectory.stop),
        attempts: example.trajectory.attempts.map(({ response }) => ({
          response: attack(response),
          feedback: {
            verdict: 'revise',
            text: HOSTILE,
            issues: [{ kind: HOSTILE, claim: HOSTILE, correction: HOSTILE }],
          },
        })),
      },
    })),
  };
}

type Accounting = NonNullable<Report['variants'][number]['accounting']>;
