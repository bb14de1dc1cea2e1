import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProjectConfiguration, ViteUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsconfig = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
  compilerOptions: { paths: Record<string, [string]> };
};

/**
 * Files with a process of their own: what a test does to modules, timers or the environment stays with the tests after it
 * in the same process.
 */
const IS_ALONE = /\bvi\.(?:mock|doMock|resetModules|stubEnv|useFakeTimers)\(|\bprocess\.env\[[^\]]+\] = /;

/**
 * The tests of `@fgam/compile`, which are about tfjs's one registry of kernels and backends: away from all others. Of them,
 * those have a process of their own that change it, ask what is current or count what is held, watch the process, or measure
 * its memory.
 */
const COMPILE = {
  path: /^packages\/compile\//,
  isAlone:
    /\b(?:registerKernel|completeCpu|setBackend|numTensors|numDataIds|memoryUsage|collectGarbage)\b|memory\.test-support|\bprocess\.on\(|\bonce\(process\b/,
};

/** The files of the command line first: they take longest, and the last file of all is waited for alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): number => (moduleId.includes('/packages/cli/') ? 0 : 1);
    return (await super.sort(files)).sort((a, b) => isLong(a) - isLong(b));
  }
}

/** Sets of files, one after the other. */
const PROJECTS = ['shared', 'compile', 'alone'] as const;

function projectOf(file: string): (typeof PROJECTS)[number] {
  const content = readFileSync(join(root, file), 'utf8');
  const isCompile = COMPILE.path.test(file);
  if (IS_ALONE.test(content) || (isCompile && COMPILE.isAlone.test(content))) return 'alone';
  return isCompile ? 'compile' : 'shared';
}

/** What every run of vitest here has: tests read sources, package names resolve by the map of the type check. */
export const base = {
  resolve: {
    alias: Object.entries(tsconfig.compilerOptions.paths).map(([name, [path]]) => ({
      find: new RegExp(`^${name}$`),
      replacement: join(root, path),
    })),
  },
  test: {
    setupFiles: [join(root, 'tools/vitest-setup.ts')],
    pool: 'forks',
    // A worker a core: the default leaves one core to vitest itself, which has little to do.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // Of what hangs: nothing takes so long, even on a slow machine whose cores are all at work.
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
  },
} satisfies ViteUserConfig;

/** Test files of packages and tools, relative to the root. */
function testFiles(): readonly string[] {
  const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'src'));
  return [...packages, 'tools'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(folder, name)),
  );
}

/**
 * Three projects: some files have a process of their own, the others share one for each core, so that what they import is
 * loaded once and not once a file; those of `@fgam/compile` among themselves.
 *
 * @param settings - a file is left out unless `takes` it; `test` is what else the tests are to have
 */
export function testProjects(settings: {
  readonly takes: (file: string) => boolean;
  readonly test: NonNullable<ViteUserConfig['test']>;
}): TestProjectConfiguration[] {
  const files = testFiles()
    .filter(settings.takes)
    .map((file) => ({ file, project: projectOf(file) }));
  // One after the other: a file of its own process between two others would end theirs.
  return PROJECTS.map((name, groupOrder) => ({
    extends: true,
    test: {
      ...{ ...settings.test, name, isolate: name === 'alone', sequence: { groupOrder } },
      include: files.flatMap(({ file, project }) => (project === name ? [file] : [])),
    },
  }));
}
