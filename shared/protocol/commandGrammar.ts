/** What the `masklet` command takes, for editors of command lines; printed by `masklet commands --json`. */
export interface CommandGrammar {
  /** With those above it: `models list`. */
  readonly name: string;
  readonly description: string;
  readonly arguments: readonly ArgumentGrammar[];
  readonly options: readonly OptionGrammar[];
}

export interface ArgumentGrammar {
  readonly name: string;
  readonly description: string;
}

export interface OptionGrammar {
  /** `--format` */
  readonly flag: string;
  readonly description: string;
  /** True where a word must follow. */
  readonly takesValue: boolean;
  /** The words that may follow; none: others. */
  readonly choices: readonly string[];
}
