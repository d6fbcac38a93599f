import type { VideoClues } from './chooseName';

/** What a CVAT file says of one of its tasks. */
export interface CvatTask {
  readonly id?: string;
  readonly name?: string;
  /** The video or archive that it was made of. */
  readonly source?: string;
  readonly subset?: string;
  /** Of the pictures, where it says so. */
  readonly width?: number;
  readonly height?: number;
}

const FIELDS: ReadonlySet<string> = new Set(['id', 'name', 'source', 'subset', 'width', 'height']);

/** Reads `<meta>` element by element: one task (or job), or those of a project. */
export class CvatMeta {
  readonly tasks: CvatTask[] = [];
  private readonly path: string[] = [];
  private task: Record<string, string> | undefined;
  private inside = false;

  open(name: string): void {
    if (name === 'meta') this.inside = true;
    if (!this.inside) return;
    this.path.push(name);
    if (name === 'task' || name === 'job') this.task = {};
  }

  text(text: string): void {
    const [parent, field] = this.path.slice(-2);
    if (!this.task || !FIELDS.has(field)) return;
    const ofSize = parent === 'original_size';
    if (ofSize !== (field === 'width' || field === 'height')) return;
    if (!ofSize && parent !== 'task' && parent !== 'job' && !(parent === 'meta' && field === 'source'))
      return;
    this.task[field] = `${this.task[field] ?? ''}${text}`;
  }

  close(name: string): void {
    if (!this.inside) return;
    this.path.pop();
    if ((name === 'task' || name === 'job') && this.task) {
      const { width, height, ...rest } = this.task;
      this.tasks.push({
        ...trimmed(rest),
        ...(width === undefined ? {} : { width: Number(width) }),
        ...(height === undefined ? {} : { height: Number(height) }),
      });
      this.task = undefined;
    }
    if (name === 'meta') this.inside = false;
  }

  /** Whether its only task is of a video with one of these names. */
  isOf(names: readonly string[]): boolean {
    const [only, ...more] = this.tasks;
    if (!only || more.length > 0) return false;
    const known = cluesOf({}, only, []).names.map((name) => name.replace(/\.[A-Za-z0-9]{1,5}$/, ''));
    return names.some((name) => known.includes(name));
  }

  /** The task of an element; where the file has one only, it is that. */
  of(id: string | undefined): CvatTask | undefined {
    const found = id === undefined ? undefined : this.tasks.find((task) => task.id === id);
    return found ?? (this.tasks.length === 1 ? this.tasks[0] : undefined);
  }
}

/** What is known of the video that an element with these attributes is of. */
export function cluesOf(
  attributes: Readonly<Record<string, string>>,
  task: CvatTask | undefined,
  folders: readonly string[],
): VideoClues {
  const { task_id: id, subset } = attributes;
  const source = task?.source === undefined ? [] : [task.source, ...task.source.split(/[\\/]/).slice(-1)];
  const names = [task?.name, ...source, id ?? task?.id, subset ?? task?.subset, ...folders];
  const known = names.filter((name): name is string => name !== undefined && name !== '');
  return { names: known, shown: known[0] ?? '(no name)' };
}

function trimmed(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, text.trim()]));
}
