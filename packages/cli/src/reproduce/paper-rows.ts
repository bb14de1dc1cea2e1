import { HACL_VARIANT, type Variant, VARIANTS } from '../quickstart/variants.js';

/** The paper's tables and figures that rows belong to, and HACL, with which it compares. */
export const PAPER_TABLES = ['table2', 'figure1', 'figure2', 'hacl'] as const;

/** One of them. */
export type PaperTable = (typeof PAPER_TABLES)[number];

/** What the tables are called. */
export const TABLE_TITLES: Readonly<Record<PaperTable, string>> = {
  table2: 'Table 2: both stages, without either, without both',
  figure1: 'Figure 1: stage 2 after what stage 1 consists of',
  figure2: 'Figure 2: SFT, PPO and both',
  hacl: 'HACL in place of stage 1',
};

/** A row: a variant, or one that goes on by PPO. */
export interface PaperRow {
  readonly variant: Variant;
  /** Name of the row whose model PPO begins from. Default: no PPO. */
  readonly from?: string;
  readonly tables: readonly PaperTable[];
}

const [BASE, STAGE_1, STAGE_2, FULL] = VARIANTS;

/**
 * All rows; those by PPO come last, as they begin from others. The base is in every table:
 * errors are told against it.
 */
export const PAPER_ROWS: readonly PaperRow[] = [
  { variant: BASE, tables: PAPER_TABLES },
  { variant: STAGE_1, tables: ['table2', 'figure2'] },
  { variant: STAGE_2, tables: ['table2', 'figure1'] },
  {
    variant: {
      name: 'stage 2 after RTCL',
      description:
        'the region-text loss of stage 1 alone, then instruction tuning with correction trajectories',
      alignment: 'RTCL',
      hasStage2: true,
    },
    tables: ['figure1'],
  },
  {
    variant: {
      name: 'stage 2 after SCC',
      description: 'the spatial loss of stage 1 alone, then instruction tuning with correction trajectories',
      alignment: 'SCC',
      hasStage2: true,
    },
    tables: ['figure1'],
  },
  { variant: FULL, tables: ['table2', 'figure1', 'figure2'] },
  { variant: HACL_VARIANT, tables: ['hacl'] },
  {
    variant: {
      name: 'stage 1, PPO',
      description: 'stage 1 and plain instruction tuning, then PPO on answers and revisions',
      alignment: 'stage 1',
      hasStage2: false,
    },
    from: STAGE_1.name,
    tables: ['figure2'],
  },
  {
    variant: {
      name: 'full FGAM, SFT then PPO',
      description: 'both stages, then PPO on answers and revisions (the hybrid)',
      alignment: 'stage 1',
      hasStage2: true,
    },
    from: FULL.name,
    tables: ['figure2'],
  },
];

/** The rows of some tables, each once, in order. */
export function rowsOf(tables: readonly PaperTable[]): PaperRow[] {
  return PAPER_ROWS.filter((row) => row.tables.some((table) => tables.includes(table)));
}

/**
 * Variants that must be trained for rows: their own, those that PPO begins from, and beside one with stage 2
 * the one without, whose mistakes are corrected.
 */
export function variantsToTrain(rows: readonly PaperRow[]): Variant[] {
  const own = rows.map(
    ({ variant, from }) => PAPER_ROWS.find((row) => row.variant.name === from)?.variant ?? variant,
  );
  const plain = own.filter(({ hasStage2 }) => hasStage2).map(plainOf);
  const all = [...own, ...plain];
  return all.filter(({ name }, place) => all.findIndex((other) => other.name === name) === place);
}

function plainOf({ alignment }: Variant): Variant {
  const known = PAPER_ROWS.find(
    ({ variant, from }) => variant.alignment === alignment && !variant.hasStage2 && from === undefined,
  );
  return (
    known?.variant ?? {
      name: `base + ${alignment}`,
      description: `${alignment}, then instruction tuning`,
      alignment,
      hasStage2: false,
    }
  );
}
