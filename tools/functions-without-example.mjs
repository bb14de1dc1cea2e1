import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/**
 * The functions that the packages of a folder export, from every entry that their `package.json` has, and
 * whose docstrings have no `@example`, as `package: name`. By syntax alone: an entry re-exports by name.
 */
export function functionsWithoutExample(root) {
  const statements = parsedOnce();
  return readdirSync(join(root, 'packages')).flatMap((name) =>
    entriesOf(join(root, 'packages', name)).flatMap((entry) =>
      [
        ...statements(entry).filter(isExported).flatMap(declarationsOf),
        ...exportsOf(entry, statements).map(({ path, exported }) =>
          declarationOf(path, exported, statements),
        ),
      ]
        .filter((found) => found !== undefined && isFunction(found) && !hasExample(found))
        .map((found) => `${name}: ${nameOf(found)}`),
    ),
  );
}

/** The sources of a package's entries: `./dist/proxy.js` is built from `src/proxy.ts`. */
function entriesOf(folder) {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return [];
  return Object.values(JSON.parse(readFileSync(manifest, 'utf8')).exports ?? {})
    .flatMap(({ import: built }) => (built === undefined ? [] : [built]))
    .map((built) => join(folder, built.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts')))
    .filter((path) => existsSync(path));
}

/** Statements of files, each read once. */
function parsedOnce() {
  const files = new Map();
  return (path) => {
    const known =
      files.get(path) ??
      ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true).statements;
    files.set(path, known);
    return known;
  };
}

/** What a file re-exports by name: where it comes from, and its name there. */
function exportsOf(path, statements) {
  return statements(path).flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) return [];
    const from = statement.moduleSpecifier?.text;
    if (!from?.startsWith('.')) return [];
    if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause))
      throw new Error(`${path}: expected exports by name, got ${statement.getText()}`);
    const target = join(dirname(path), from.replace(/\.js$/, '.ts'));
    return statement.exportClause.elements
      .filter(({ isTypeOnly }) => !isTypeOnly)
      .map((element) => ({
        path: target,
        exported: (element.propertyName ?? element.name).text,
        as: element.name.text,
      }));
  });
}

/** The declaration of a name that a file exports, itself or from another; of overloads, the first. */
function declarationOf(path, name, statements) {
  const own = statements(path)
    .flatMap(declarationsOf)
    .find((each) => nameOf(each) === name);
  if (own !== undefined) return own;
  const passed = exportsOf(path, statements).find(({ as }) => as === name);
  return passed && declarationOf(passed.path, passed.exported, statements);
}

function declarationsOf(statement) {
  return ts.isVariableStatement(statement) ? [...statement.declarationList.declarations] : [statement];
}

function isExported(statement) {
  return (ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : []).some(
    ({ kind }) => kind === ts.SyntaxKind.ExportKeyword,
  );
}

function nameOf(declaration) {
  return declaration.name?.text;
}

function isFunction(declaration) {
  return (
    ts.isFunctionDeclaration(declaration) ||
    (ts.isVariableDeclaration(declaration) &&
      declaration.initializer !== undefined &&
      ts.isArrowFunction(declaration.initializer))
  );
}

function hasExample(declaration) {
  return ts.getJSDocTags(declaration).some((tag) => tag.tagName.text === 'example');
}
