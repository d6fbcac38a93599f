import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from '../../kernel/storage/api';
import { makeVideo, openVideo, temporaryFolder } from './storageFixture';

/** A git repository with one clip, and two branches of it. */
export class Repository {
  readonly folder = temporaryFolder();

  constructor() {
    this.git('init', '--quiet', '--initial-branch=main');
    // The video itself is not what this is about.
    makeVideo(join(this.folder, 'clip.mp4'));
    this.commit('video');
  }

  git(...words: string[]): string {
    // Nothing of the user's own settings has a say.
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
    const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
    return execFileSync('git', [...who, ...words], {
      cwd: this.folder,
      encoding: 'utf8',
      env,
      stdio: 'pipe',
    });
  }

  commit(message: string): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '-m', message);
  }

  open(): ReturnType<typeof openVideo> {
    return openVideo(makeVideo(join(this.folder, 'clip.mp4')));
  }

  /** Applies a change, saves and commits, as one person on one branch would. */
  annotate(change: Change): void {
    const { store, clip } = this.open();
    store.apply(clip, change);
    store.save(clip);
    store.close(clip);
    this.commit('annotate');
  }

  /** Makes both changes on branches of their own, each from a fresh clone's database, and merges with plain git. */
  merge(ours: Change, theirs: Change): void {
    this.git('checkout', '--quiet', '-b', 'theirs');
    this.annotate(theirs);
    this.dropDatabase();
    this.git('checkout', '--quiet', 'main');
    this.annotate(ours);
    this.git('merge', '--quiet', '--no-edit', 'theirs');
  }

  dropDatabase(): void {
    rmSync(join(this.folder, '.masklet'), { recursive: true, force: true });
  }
}
