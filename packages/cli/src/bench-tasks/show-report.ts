import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readReport, writeReport, type Report } from '@fgam/bench';

/** A report that was read, and where it lies. */
export interface ReadReport {
  readonly report: Report;
  readonly folder: string;
}

/** Reads a report: its file, or the folder that holds `report.json`. */
export async function readShownReport(path: string): Promise<ReadReport> {
  const file = (await isFolder(path)) ? join(path, 'report.json') : path;
  return { report: await readReport(file), folder: dirname(file) };
}

/** Reads a report and writes its page beside it again. */
export async function showReport(path: string): Promise<{ readonly report: Report; readonly html: string }> {
  const { report, folder } = await readShownReport(path);
  const { html } = await writeReport(folder, report);
  return { report, html };
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
