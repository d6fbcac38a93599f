import type { ExportFolder, TextFile } from './exportFolder';

/** A JSON list that grows in a file of its own until it is put into its document. */
export class JsonList {
  private length = 0;

  private constructor(private readonly file: TextFile) {}

  static async create(folder: ExportFolder): Promise<JsonList> {
    return new JsonList(await folder.scratch());
  }

  async push(value: unknown): Promise<void> {
    await this.file.write(`${this.length === 0 ? '\n' : ',\n'}${JSON.stringify(value)}`);
    this.length++;
  }

  /** Ends the list and moves it to the end of `target`. */
  async moveTo(target: TextFile): Promise<void> {
    await target.write('[');
    await target.append(this.file);
    await target.write(this.length === 0 ? ']' : '\n]');
  }
}

/** Writes one JSON document whose long lists were gathered in files. */
export async function writeJsonDocument(
  folder: ExportFolder,
  path: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  const file = await folder.text(path);
  let separator = '{\n';
  for (const [name, value] of Object.entries(fields)) {
    await file.write(`${separator}${JSON.stringify(name)}: `);
    if (value instanceof JsonList) await value.moveTo(file);
    else await file.write(JSON.stringify(value));
    separator = ',\n';
  }
  await file.write('\n}\n');
  await file.close();
}
