/** See localise.mjs. */
export function localised(manifest: unknown): {
  readonly manifest: unknown;
  readonly texts: Readonly<Record<string, string>>;
};
export function hostTexts(folder: string): Readonly<Record<string, string>>;
