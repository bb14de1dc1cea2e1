/** Who may import whom (docs: the table of packages in README.md). */
const MAY_IMPORT = {
  data: [],
  losses: [],
  compile: [],
  'base-compact': [],
  models: ['data', 'compile'],
  label: ['data'],
  rectifier: ['data'],
  trainer: ['data', 'losses', 'compile', 'models', 'rectifier'],
  bench: ['data'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(([from, allowed]) => ({
      name: `border-of-${from}`,
      comment: `@fgam/${from} may import ${allowed.length ? allowed.join(', ') : 'no package of ours'}`,
      severity: 'error',
      from: { path: `^packages/${from}/src` },
      to: { path: `^packages/(?!(${[from, ...allowed].join('|')})/)` },
    })),
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^packages' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'tensor-programs-run-in-compile-only',
      comment:
        '@fgam/compile is the only importer of onnxruntime-node for tensor programs; @fgam/label runs published ONNX models by it',
      severity: 'error',
      from: { path: '^packages/(?!(compile|label)/)' },
      to: { path: 'node_modules/onnxruntime-node' },
    },
    {
      name: 'no-tests-from-sources',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: '\\.test(-d)?\\.ts$|test-support' },
      to: { path: '\\.test\\.ts$' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/|/bench/index\\.ts$' },
  },
};
