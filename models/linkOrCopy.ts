import { copyFile, link, realpath } from 'node:fs/promises';

/**
 * Gives a file a second name, or copies it across file systems. Where `from` is a symbolic link, such as those of the
 * Hugging Face cache, it is the file behind it that is taken: onnxruntime reads no weights through links.
 */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  const file = await realpath(from);
  await link(file, to).catch(() => copyFile(file, to));
}
