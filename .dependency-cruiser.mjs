/**
 * Which folder may know which; `npm run graph` prints who knows whom. Knowledge flows one way:
 *
 *   shared <- models <- kernel <- kernel/client <- kernel/cli, kernel/query, extension
 *   shared <- webview
 *
 * A folder may import from itself and from what its row names; everything else is an error.
 */
const MAY_IMPORT = {
  shared: [],
  models: ['shared'],
  kernel: ['shared', 'models'],
  'kernel/client': ['shared', 'models', 'kernel'],
  'kernel/query': ['shared', 'models', 'kernel', 'kernel/client'],
  'kernel/cli': ['shared', 'models', 'kernel', 'kernel/client', 'kernel/query'],
  extension: ['shared', 'kernel/client'],
  webview: ['shared'],
};

/** Programs that sit on top of the kernel inside its folder. */
const ON_TOP = ['client', 'query', 'cli'];

/** A regular expression for the files of a zone. */
function filesOf(zone) {
  return zone === 'kernel' ? `^kernel/(?!(?:${ON_TOP.join('|')})/)` : `^${zone}/`;
}

const zones = Object.entries(MAY_IMPORT).map(([zone, others]) => ({
  name: `${zone.replace('/', '-')}-imports`,
  comment: `${zone}/ may import only from ${[zone, ...others].join(', ')}.`,
  severity: 'error',
  from: { path: filesOf(zone) },
  to: {
    path: '^(?:shared|models|kernel|extension|webview|test|scripts)/',
    pathNot: [zone, ...others].map(filesOf),
  },
}));

/** Modules that a folder must do without, whoever offers them. */
const without = (zone, path, reason) => ({
  name: `${zone.replace('/', '-')}-without`,
  comment: reason,
  severity: 'error',
  from: { path: `^${zone}/` },
  to: { path },
});

export default {
  forbidden: [
    ...zones,
    without(
      'shared',
      '^(?!shared/)',
      'shared/ holds types and pure functions: it imports nothing from outside.',
    ),
    without('models', '^vscode$', 'models/ works without VS Code.'),
    without('kernel', '^vscode$', 'The kernel works without VS Code.'),
    without(
      'extension',
      '(?:onnxruntime-node|better-sqlite3|sharp)',
      'Native code is loaded by the kernel alone: a crash there must not take the extension host down.',
    ),
    {
      name: 'webview-without',
      comment: 'Pages run in a browser: no Node, no VS Code.',
      severity: 'error',
      from: { path: '^webview/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-circles',
      comment: 'Files that import each other can only be read together.',
      severity: 'error',
      from: { pathNot: '^node_modules/' },
      to: { circular: true },
    },
    {
      name: 'no-folder-circles',
      comment: 'Folders that import each other are one folder in two places.',
      scope: 'folder',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.d\\.(?:ts|mts)$' },
    builtInModules: { add: ['vscode'] },
  },
};
