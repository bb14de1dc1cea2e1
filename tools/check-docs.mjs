#!/usr/bin/env node
/**
 * Type-checks and runs every example of the documentation: fenced `ts` blocks of README files and
 * docs, and of `@example`s in sources. A block fenced `ts no-run` (it needs a server, a GPU, a data
 * set) is type-checked only. Each function that a package exports must have an example.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { functionsWithoutExample } from './functions-without-example.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, '.cache', 'doc-examples');

function* walk(folder, test) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path, test);
    else if (test(path)) yield path;
  }
}

/** The fenced `ts` blocks of a text, with the line each begins at. */
function examplesOf(path) {
  const isSource = path.endsWith('.ts');
  const lines = readFileSync(path, 'utf8').split('\n');
  const found = [];
  let open;
  lines.forEach((raw, index) => {
    const line = isSource ? raw.replace(/^\s*\* ?/, '') : raw;
    const fence = /^```\s*(.*)$/.exec(line.trimEnd());
    if (open) {
      if (fence) {
        found.push(open);
        open = undefined;
      } else open.code.push(line);
    } else if (fence) {
      if (isSource && !/^\s*\*/.test(raw)) return;
      const [language, mode] = fence[1].split(/\s+/);
      open = { line: index + 1, run: mode !== 'no-run', keep: language === 'ts', code: [] };
    }
  });
  return found.filter((example) => example.keep);
}

const bare = functionsWithoutExample(root);
if (bare.length > 0) {
  console.error(`expected an @example of each exported function, found none of ${bare.join(', ')}`);
  process.exit(1);
}

const files = [
  ...['README.md'].map((name) => join(root, name)).filter(existsSync),
  ...walk(
    join(root, 'packages'),
    (path) =>
      path.endsWith('README.md') ||
      (path.endsWith('.ts') && path.includes('/src/') && !path.endsWith('.test.ts')),
  ),
  ...(existsSync(join(root, 'docs')) ? walk(join(root, 'docs'), (path) => path.endsWith('.md')) : []),
];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const tests = [];
let count = 0;
for (const file of files) {
  for (const example of examplesOf(file)) {
    count += 1;
    const name = `example-${count}.ts`;
    const where = `${file.slice(root.length)}:${example.line}`;
    writeFileSync(join(out, name), `// ${where}\n${example.code.join('\n')}\nexport {};\n`);
    if (example.run)
      tests.push(`test(${JSON.stringify(where)}, async () => { await import('./${name}'); });`);
  }
}
writeFileSync(join(out, 'examples.test.ts'), `import { test } from 'vitest';\n\n${tests.join('\n')}\n`);
writeFileSync(
  join(out, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../tsconfig.json',
    compilerOptions: { paths: relativePaths() },
    include: ['*.ts'],
    exclude: ['examples.test.ts'],
  }),
);

function relativePaths() {
  const { paths } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).compilerOptions;
  return Object.fromEntries(Object.entries(paths).map(([key, [path]]) => [key, [`../../${path.slice(2)}`]]));
}

function run(program, args) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

// By its path: the compiler whose API the linter and the builds use has the same name.
run(process.execPath, [
  'node_modules/typescript-native/bin/tsc',
  ...['-p', join(out, 'tsconfig.json'), '--noEmit'],
]);
run('npx', ['--no-install', 'vitest', 'run', '--config', 'vitest.docs.config.ts']);
console.log(`${count} examples type-checked, ${tests.length} run`);
