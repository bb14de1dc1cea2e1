import { join } from 'node:path';
import { z } from 'zod';
import { FgamError } from './error.js';
import { JsonArrayWriter } from './json-array-writer.js';
import { readJsonArray } from './json-array.js';
import { describeFaults } from './parse-record.js';
import type { RegionSample } from './records.js';
import { regionSampleSchema } from './region-sample-schema.js';
import { type SeenFile, type ShardJob, shardJobFolder } from './shard-job.js';
import { writeAtomic } from './write-atomic.js';

/** A sample of a job and what the coordinator saw of its image. */
export interface JobSample {
  readonly sample: RegionSample;
  /** Not known where the job never left its process. */
  readonly seen?: SeenFile;
}

const seenFile = z.union([z.tuple([z.number(), z.number()]), z.string()]);

/** The file of a job's samples. */
export function jobSamplesFile(folder: string): string {
  return join(folder, 'samples.json');
}

/**
 * Writes a job's samples into its folder, for workers that share no memory with the coordinator.
 * @throws FgamError `data/not-writable`
 */
export async function writeJobSamples(job: ShardJob): Promise<void> {
  await writeAtomic(jobSamplesFile(shardJobFolder(job.out, job)), async (temporary) => {
    const file = await JsonArrayWriter.open(temporary);
    try {
      for (const [place, sample] of job.samples.entries())
        await file.add({ sample, seen: job.seen[place] ?? 'unknown' });
      await file.finish();
    } finally {
      await file.close();
    }
  });
}

/**
 * Streams a job's samples. They are checked and then taken as they stand, not as the check returns them: a
 * shard holds its records to the byte, the order of their keys and all.
 *
 * @throws FgamError `data/missing-file`; `data/bad-json`; `data/bad-record`
 */
export async function* readJobSamples(folder: string): AsyncGenerator<JobSample, void, undefined> {
  const path = jobSamplesFile(folder);
  for await (const value of readJsonArray(path)) {
    if (!isJobSample(value)) throw faulty(path, value);
    yield value;
  }
}

const jobSample = z.object({ sample: regionSampleSchema, seen: seenFile });

function isJobSample(value: unknown): value is JobSample {
  return jobSample.safeParse(value).success;
}

function faulty(path: string, value: unknown): FgamError {
  const { error } = jobSample.safeParse(value);
  return new FgamError(
    'data/bad-record',
    `${path}: expected the samples of a shard's job, got: ${error ? describeFaults(error) : 'another form'}; start the build again`,
  );
}
