import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Which folders a folder must not import from: knowledge flows one way (webview -> extension -> kernel -> models). */
const boundary = (files, ...forbidden) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: forbidden.map((name) => ({
          group: [name],
          message: 'Knowledge flows one way: webview -> extension -> kernel -> models.',
        })),
      },
    ],
  },
});

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.mjs', 'scripts/*.mjs'] } },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      eqeqeq: 'error',
    },
  },
  boundary(['kernel/**'], 'vscode', '**/extension/**', '**/webview/**'),
  boundary(['models/**'], 'vscode', '**/extension/**', '**/webview/**', '**/kernel/**'),
  boundary(
    ['extension/**'],
    '**/kernel/!(protocol|client|errors)/**',
    'onnxruntime-node',
    'better-sqlite3',
    'sharp',
  ),
  boundary(
    ['webview/{editor,changes,notebook}/**'],
    'vscode',
    'node:*',
    '**/extension/**',
    '**/kernel/!(protocol)/**',
  ),
  {
    files: ['**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', setTimeout: 'readonly' },
    },
  },
);
