import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/*.cjs', '.cache/**', '**/generated/**'] },
  {
    files: ['packages/*/src/**/*.ts'],
    // Rules that need types are oxlint's (.oxlintrc.json), which is many times as fast at them.
    extends: [...tseslint.configs.recommended],
    languageOptions: { parser: tseslint.parser },
    plugins: { jsdoc },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { FunctionDeclaration: true, ClassDeclaration: true },
          contexts: ['TSInterfaceDeclaration', 'TSTypeAliasDeclaration'],
        },
      ],
      'jsdoc/check-alignment': 'error',
      // Code is the formatter's; equations and examples in docstrings stay whole.
      'max-len': ['error', { code: 1000, comments: 120, ignorePattern: '[={}]' }],
    },
  },
  {
    files: ['packages/*/src/**/*.test.ts'],
    rules: { 'jsdoc/require-jsdoc': 'off' },
  },
);
