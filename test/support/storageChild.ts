/** A process of its own for storage tests, to be killed or to stand in the way. Standard input: a `ChildTask` as JSON. */
import fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { MaskRecord, ObjectRecord } from '../../shared/domain/annotations';
import type { OpenClipParams } from '../../kernel/storage/api';
import { Store } from '../../kernel/storage/store';

export type ChildTask =
  /** Stores the masks one by one, saying each frame number once it is stored. */
  | { kind: 'apply'; params: OpenClipParams; object: ObjectRecord; masks: MaskRecord[] }
  /** Saves, and dies right after this many files were renamed or removed. */
  | { kind: 'save'; params: OpenClipParams; files: number }
  /** Holds the clip, as its writer. */
  | { kind: 'hold'; params: OpenClipParams }
  /** Holds the whole database. */
  | { kind: 'lock'; databaseFolder: string };

const say = (text: string | number): void => void fs.writeSync(1, `${text}\n`);
const task = JSON.parse(fs.readFileSync(0, 'utf8')) as ChildTask;

switch (task.kind) {
  case 'apply': {
    const store = new Store();
    const { clip } = store.open(task.params);
    store.apply(clip, { putObjects: [task.object] });
    for (const mask of task.masks) {
      store.apply(clip, { putMasks: [mask] });
      say(mask.frame);
    }
    break;
  }
  case 'save': {
    const store = new Store();
    const { clip } = store.open(task.params);
    const { renameSync: rename, rmSync: remove } = fs;
    let done = 0;
    const dieWhenDue = (): void => {
      if (++done === task.files) process.kill(process.pid, 'SIGKILL');
    };
    fs.renameSync = (from, to) => {
      rename(from, to);
      dieWhenDue();
    };
    fs.rmSync = (path, options) => {
      remove(path, options);
      dieWhenDue();
    };
    store.save(clip);
    say('saved');
    break;
  }
  case 'hold':
    new Store().open(task.params);
    say('ready');
    setInterval(() => undefined, 1000);
    break;
  case 'lock': {
    const db = new Database(join(task.databaseFolder, 'masklet.sqlite'));
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    say('ready');
    setInterval(() => db.inTransaction, 1000);
    break;
  }
}
