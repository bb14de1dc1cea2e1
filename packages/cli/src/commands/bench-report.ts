import { renderPaper, renderTable, type Report, writeReport } from '@fgam/bench';
import { type Command, InvalidArgumentError } from 'commander';
import { assembleReport, type RowFiles } from '../bench-tasks/assemble-report.js';
import { readShownReport, showReport } from '../bench-tasks/show-report.js';
import { type CommonOptions, printResult } from '../output.js';
import { usageError } from '../usage-error.js';

interface ReportOptions extends CommonOptions {
  readonly row: readonly RowFiles[];
  readonly humanEval?: string;
  readonly data?: readonly string[];
  readonly reproduction?: readonly string[];
  readonly title: string;
  readonly out?: string;
  readonly markdown?: boolean;
}

/** `fgam bench report`: a report as tables and a page; or one that is put together from saved results. */
export function addBenchReportCommand(bench: Command): void {
  bench
    .command('report')
    .description(
      "show a report as tables and write its page again; or put one together from saved results, as the paper's tables",
    )
    .argument('[path]', 'report.json, or the folder that holds it')
    .option(
      '--row <name=file>',
      'a row and a file of its scores (bench score --json, or scores.json of bench run), once for each benchmark; names as base, hacl, full, LLaVA-1.5-7B/full',
      rowFile,
      [],
    )
    .option('--human-eval <store>', 'SQLite file of a rating study, all rated (Table 5)')
    .option('--data <files...>', 'what bench errors and bench latency print with --json (Tables 3 and 4)')
    .option(
      '--reproduction <files...>',
      'reproduction.json of bench reproduce --rows (Tables 1 to 4, Figures 1 and 2, over seeds)',
    )
    .option('--title <text>', 'of a new report', 'Benchmarks')
    .option(
      '--out <folder>',
      "where report.json and report.html go (default: the report's folder, or runs/report)",
    )
    .option('--markdown', 'print tables in Markdown', false)
    .action(async (path: string | undefined, options: ReportOptions, command: Command) => {
      const { row: rows, humanEval, data, reproduction, title, seed, out } = options;
      const isNew = rows.length > 0 || [humanEval, data, reproduction].some((given) => given !== undefined);
      if (!isNew && path === undefined)
        usageError(
          command,
          'expected a report, or results to make one from: --row, --human-eval, --data, --reproduction',
        );
      if (!isNew && out === undefined) {
        const { report, html } = await showReport(path ?? '');
        printResult(options, { ...report, html }, `${textOf(report, options)}\nreport: ${html}`);
        return;
      }
      const shown = path === undefined ? undefined : await readShownReport(path);
      const report = await assembleReport({
        ...{ title, rows, seed },
        ...(shown === undefined ? {} : { report: shown.report }),
        ...(humanEval === undefined ? {} : { humanEval }),
        ...(data === undefined ? {} : { data }),
        ...(reproduction === undefined ? {} : { reproductions: reproduction }),
      });
      const { html } = await writeReport(out ?? shown?.folder ?? 'runs/report', report);
      printResult(options, { ...report, html }, `${textOf(report, options)}\nreport: ${html}`);
    });
}

function textOf(report: Report, { markdown = false }: ReportOptions): string {
  const paper = renderPaper(report, markdown ? { format: 'markdown' } : {});
  const parts = markdown || report.variants.length === 0 ? [paper] : [renderTable(report), paper];
  return parts.filter((part) => part !== '').join('\n\n');
}

function rowFile(text: string, before: readonly RowFiles[]): RowFiles[] {
  const [, name, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || file === undefined)
    throw new InvalidArgumentError('expected NAME=FILE, such as base=scores.json');
  const known = before.find((each) => each.name === name);
  if (known === undefined) return [...before, { name, files: [file] }];
  return before.map((each) => (each === known ? { name, files: [...known.files, file] } : each));
}
