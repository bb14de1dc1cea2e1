import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** The functions that the packages of a folder export and whose docstrings have no `@example`, as `package: name`. */
export function functionsWithoutExample(root) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const indexes = readdirSync(join(root, 'packages'))
    .map((name) => ({ name, path: join(root, 'packages', name, 'src', 'index.ts') }))
    .filter(({ path }) => existsSync(path));
  const program = ts.createProgram(
    indexes.map(({ path }) => path),
    { ...options, noEmit: true },
  );
  const checker = program.getTypeChecker();
  return indexes.flatMap(({ name, path }) => {
    const file = checker.getSymbolAtLocation(program.getSourceFile(path));
    return (file === undefined ? [] : checker.getExportsOfModule(file))
      .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
      .filter(
        (symbol) =>
          symbol.declarations?.some(isFunction) &&
          !symbol.getJsDocTags(checker).some((tag) => tag.name === 'example'),
      )
      .map((symbol) => `${name}: ${symbol.name}`);
  });
}

function isFunction(declaration) {
  return (
    ts.isFunctionDeclaration(declaration) ||
    (ts.isVariableDeclaration(declaration) &&
      declaration.initializer !== undefined &&
      ts.isArrowFunction(declaration.initializer))
  );
}
