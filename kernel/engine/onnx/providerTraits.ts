/** What is to be known of an execution provider without loading onnxruntime. */
export interface ProviderTraits {
  /** All its sessions share one device context, which only one thread may use at a time. */
  readonly oneThread: boolean;
  /** It has float16 arithmetic; whether a model is right with it is tried. */
  readonly halves: boolean;
  /** Its attention operator is not right on every device, so that graphs are made of plain ones for it. */
  readonly plainAttention: boolean;
}

/** The providers that Masklet knows, as onnxruntime and the setting call them. */
export const providerTraits = {
  cuda: { oneThread: false, halves: true, plainAttention: false },
  // onnxruntime 1.30: with more than 16 queries, and values as wide as keys, wrong where subgroups are small.
  webgpu: { oneThread: true, halves: true, plainAttention: true },
  // It has no attention operator of its own: whole graphs would be cut in pieces.
  dml: { oneThread: true, halves: true, plainAttention: true },
  coreml: { oneThread: true, halves: true, plainAttention: true },
  cpu: { oneThread: false, halves: false, plainAttention: false },
} as const satisfies Record<string, ProviderTraits>;

export type ProviderName = keyof typeof providerTraits;

export const isProviderName = (name: string): name is ProviderName => name in providerTraits;

/** Stands in the setting for the fastest one that is right, which is found out. */
export const automatic = 'auto';

/** Those that onnxruntime has on a platform beside the CPU. */
export function accelerators(platform: NodeJS.Platform = process.platform): readonly ProviderName[] {
  if (platform === 'win32') return ['dml', 'webgpu'];
  if (platform === 'darwin') return ['coreml', 'webgpu'];
  return ['cuda', 'webgpu'];
}

export const needsPlainAttention = (provider: string): boolean =>
  isProviderName(provider) && providerTraits[provider].plainAttention;

export const mustShareThread = (provider: string): boolean =>
  isProviderName(provider) && providerTraits[provider].oneThread;
