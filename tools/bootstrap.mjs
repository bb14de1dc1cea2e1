#!/usr/bin/env node
/**
 * The one entry of `npm run quickstart`, `npm test` and `npm run check`: uses Node's own modules only, so
 * that it works on a fresh clone. Checks Node, installs when the lock file differs from what is installed,
 * builds what is stale, runs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [command = 'help', ...args] = process.argv.slice(2);
const env = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  ONNXRUNTIME_NODE_INSTALL: 'skip',
};

/** Runs a program in the repo's root; ends this process when it fails. */
function run(program, programArgs, { quiet = false } = {}) {
  const status = attempt(program, programArgs, { quiet });
  if (status !== 0) process.exit(status);
}

/** Runs a program and returns its exit code; when `quiet`, its output is shown only if it fails. */
function attempt(program, programArgs, { quiet = false } = {}) {
  const result = spawnSync(program, programArgs, { cwd: root, env, stdio: quiet ? 'pipe' : 'inherit' });
  if (result.error) {
    console.error(`${program}: ${result.error.message}`);
    return 1;
  }
  if (quiet && result.status !== 0) process.stderr.write(Buffer.concat([result.stdout, result.stderr]));
  return result.status ?? 1;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(
      `FGAM needs Node 20.19 or newer; this is ${process.versions.node}. Get it from nodejs.org.`,
    );
    process.exit(1);
  }
}

/** `npm ci`, when the lock file is not the one that was installed last. */
function installIfStale() {
  const stamp = join(root, 'node_modules', '.fgam-lock-sha256');
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  console.log('Installing packages (npm ci) ...');
  run('npm', ['ci', '--no-audit', '--no-fund'], { quiet: true });
  writeFileSync(stamp, hash);
}

function build() {
  run('npx', ['--no-install', 'turbo', 'run', 'build', '--output-logs=errors-only', '--ui=stream'], {
    quiet: true,
  });
}

/** Vitest with its own summary, then one line of the real counts, which comes last. */
function test(config) {
  const folder = mkdtempSync(join(tmpdir(), 'fgam-test-'));
  const report = join(folder, 'report.json');
  const status = attempt('npx', [
    '--no-install',
    'vitest',
    'run',
    '--config',
    config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...args,
  ]);
  if (!existsSync(report)) {
    console.error('vitest wrote no report');
    process.exit(status || 1);
  }
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });
  const skipped = counts.numPendingTests + (counts.numTodoTests ?? 0);
  console.log(`${counts.numPassedTests} passed, ${counts.numFailedTests} failed, ${skipped} skipped`);
  process.exit(status);
}

/** Runs one check; its output is kept, and shown whole if it fails. */
function runCheck(step) {
  const started = Date.now();
  return new Promise((settle) => {
    const child = spawn('npm', ['run', '--silent', `check:${step}`], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(`npm: ${error.message}\n`)));
    child.on('close', (status) => {
      if (status !== 0) process.stderr.write(Buffer.concat(output));
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      console.log(`check:${step.padEnd(10)} ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
      settle(status === 0);
    });
  });
}

/** All checks, as many at a time as there are cores; the longest begin first. */
async function check() {
  const waiting = ['docs', 'lint', 'packages', 'types', 'exports', 'borders', 'format', 'workspace'];
  const failed = [];
  async function work() {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift())
      if (!(await runCheck(step))) failed.push(step);
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  if (failed.length > 0) {
    console.error(`failed: ${failed.join(', ')}`);
    process.exit(1);
  }
}

/** Runs a TypeScript file of this repository with the arguments of the command. */
function runSource(file) {
  run('npx', ['--no-install', 'tsx', '--tsconfig', 'tsconfig.json', file, ...args]);
}

// The child decides what an interrupt means: it saves and then ends. This process only waits for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
checkNode();
switch (command) {
  case 'quickstart':
    installIfStale();
    build();
    run(process.execPath, ['packages/cli/dist/index.js', 'quickstart', ...args]);
    break;
  case 'fgam':
    installIfStale();
    build();
    run(process.execPath, ['packages/cli/dist/index.js', ...args]);
    break;
  case 'test':
    installIfStale();
    build();
    test('vitest.config.ts');
    break;
  case 'test-long':
    installIfStale();
    build();
    test('vitest.long.config.ts');
    break;
  case 'bench':
    installIfStale();
    runSource('tools/bench-packages/index.ts');
    break;
  case 'bench-peers':
    installIfStale();
    runSource('tools/bench-peers/index.ts');
    break;
  case 'setup-tfjs-node':
    installIfStale();
    runSource('packages/compile/scripts/setup-tfjs-node.ts');
    break;
  case 'check':
    installIfStale();
    build();
    await check();
    break;
  default:
    console.error(
      'usage: node tools/bootstrap.mjs quickstart|fgam|test|test-long|bench|bench-peers|setup-tfjs-node|check [options]',
    );
    process.exit(2);
}
