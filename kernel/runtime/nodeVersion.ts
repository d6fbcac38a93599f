/** The oldest Node that the native parts run on: better-sqlite3 takes an older one down without a word. */
const oldestMajor = 22;

/** What is wrong with this version of Node, for example `20.20.2`; undefined where nothing is. */
export function nodeProblem(
  version: string,
): { readonly message: string; readonly hint: string } | undefined {
  if (Number(version.split('.')[0]) >= oldestMajor) return undefined;
  return {
    message: `Node ${version} is too old: Node ${oldestMajor} or newer is needed.`,
    hint: 'Install a newer one (https://nodejs.org), or put it first on the PATH.',
  };
}
