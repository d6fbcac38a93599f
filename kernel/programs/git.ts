/**
 * How git is started, for a repository whose every file, its configuration too, may be a stranger's. Configuration on the
 * command line goes before the repository's own, the environment before both.
 */

const NOWHERE = process.platform === 'win32' ? 'NUL' : '/dev/null';

/** Configuration that leaves git no program of the repository's to run and no place outside it to ask. */
const CONFIGURATION: readonly (readonly [name: string, value: string])[] = [
  // A bare repository among the files, which git before 2.38 would take: see `findRepository` too.
  ['safe.bareRepository', 'explicit'],
  // What a partial clone lacks is fetched by a program that its configuration names.
  ['protocol.allow', 'never'],
  ['fetch.bundleURI', ''],
  ['credential.helper', ''],
  ['core.hooksPath', NOWHERE],
  ['core.fsmonitor', 'false'],
  ['core.askPass', ''],
  ['core.attributesFile', NOWHERE],
  ['log.showSignature', 'false'],
  ['log.follow', 'false'],
  // Names of authors are shown as they are, and no list of others is read from where the configuration says.
  ['log.mailmap', 'false'],
];

/** Variables of the user's that say how git itself is set up; all others might lead it to another repository. */
const KEPT = /^GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|EXEC_PATH)$/i;

export function gitArguments(args: readonly string[]): string[] {
  const settings = CONFIGURATION.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['--no-pager', '--literal-pathspecs', ...settings, ...args];
}

/** @param ceiling git looks for a repository in no folder above this one. */
export function gitEnvironment(ceiling: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(GIT_|SSH_ASKPASS)/i.test(name) || KEPT.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    LC_ALL: 'C',
    GIT_CEILING_DIRECTORIES: ceiling,
    // A list of what is allowed, on which nothing is: unlike `protocol.allow`, no configuration goes before it.
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
  };
}
