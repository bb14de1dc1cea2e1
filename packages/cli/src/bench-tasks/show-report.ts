import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readReport, renderTable, writeReport, type Report } from '@fgam/bench';

/** What `fgam bench report` shows. */
export interface ShownReport {
  readonly report: Report;
  readonly table: string;
  /** The page that was written beside. */
  readonly html: string;
}

/** Reads a report (its file, or the folder that holds `report.json`) and writes its page again. */
export async function showReport(path: string): Promise<ShownReport> {
  const file = (await isFolder(path)) ? join(path, 'report.json') : path;
  const report = await readReport(file);
  const { html } = await writeReport(dirname(file), report);
  return { report, table: renderTable(report), html };
}

/** What is not there is no folder: reading it says so. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
