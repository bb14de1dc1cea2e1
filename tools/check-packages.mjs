#!/usr/bin/env node
/** Every publishable package has the right shape: publint and attw on what `npm pack` would publish. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { readFileSync } from 'node:fs';

const root = fileURLToPath(new URL('..', import.meta.url));
let failures = 0;

for (const name of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { messages } = await publint({ pkgDir: folder, strict: true });
  for (const message of messages) {
    console.error(`${manifest.name}: ${formatMessage(message, manifest)}`);
    failures += 1;
  }
  const code = await new Promise((resolve) => {
    const child = spawn(
      'npx',
      ['--no-install', 'attw', '--pack', folder, '--profile', 'esm-only', '--format', 'ascii', '--no-color'],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (status) => {
      if (status !== 0) console.error(`${manifest.name}: attw\n${output}`);
      resolve(status);
    });
  });
  if (code !== 0) failures += 1;
}
console.log(failures === 0 ? 'every package has the right shape' : `${failures} faults`);
process.exit(failures === 0 ? 0 : 1);
