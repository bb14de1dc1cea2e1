import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const { functionsWithoutExample } = (await import(
  new URL('functions-without-example.mjs', import.meta.url).href
)) as { functionsWithoutExample: (root: string) => string[] };

/** A folder with files by their paths. */
async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fgam-examples-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

const EXAMPLE = '/**\n * Says so.\n *\n * @example\n * ```ts\n * ```\n */\n';

test('names functions of every entry of a package, through files that pass them on, and no others', async () => {
  const entry = (name: string) => ({ types: `./dist/${name}.d.ts`, import: `./dist/${name}.js` });
  const root = await folderOf({
    'packages/a/package.json': JSON.stringify({
      exports: { '.': entry('index'), './extra': entry('extra'), './package.json': './package.json' },
    }),
    'packages/a/src/index.ts':
      "export { good, bare, inner as outer, type Form } from './own.js';\nexport { LIST } from './passed.js';\nexport function here() {}\nfunction within() {}",
    'packages/a/src/extra.ts': "export { arrow, passed } from './passed.js';",
    'packages/a/src/own.ts': `${EXAMPLE}export function good() {}\n/** No example. */\nexport function bare() {}
export async function inner() {}\nexport interface Form {}\nexport function notExported() {}`,
    'packages/a/src/passed.ts':
      "export const arrow = () => 1;\nexport const LIST = [];\nexport { hidden as passed } from './deep.js';",
    'packages/a/src/deep.ts': 'export function hidden() {}',
    'packages/b/package.json': JSON.stringify({ name: 'b' }),
  });
  expect(functionsWithoutExample(root)).toEqual(['a: here', 'a: bare', 'a: inner', 'a: arrow', 'a: hidden']);
});

test('refuses an entry that exports all of a file, whose names it does not see', async () => {
  const root = await folderOf({
    'packages/a/package.json': JSON.stringify({ exports: { '.': { import: './dist/index.js' } } }),
    'packages/a/src/index.ts': "export * from './own.js';",
  });
  expect(() => functionsWithoutExample(root)).toThrow(
    "expected exports by name, got export * from './own.js'",
  );
});
