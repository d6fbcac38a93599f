// kernel/labels/: labels.json: the labels of a folder.
import { unwatchFile, watchFile } from 'node:fs';
import { MaskletError } from '../../shared/protocol/errors';
import type { SessionId } from '../../shared/protocol/session';
import type { LabelSet } from '../../shared/protocol/session';
import type { NewLabel } from '../../shared/domain/labels';
import type { Session } from '../session/session';
import { addLabels, labelsFile, readLabels } from './labelsFile';

/** How often a label set is looked at for changes: by its time stamp, which network file systems have too. */
const LOOK_MS = 1000;

interface Followed {
  readonly sessions: Set<SessionId>;
  last: string;
  readonly look: () => void;
}

/** The label sets of the open sessions: read on request, and followed on the disk from then on. */
export class LabelSets {
  private readonly followed = new Map<string, Followed>();

  /** @param changed told once for each session that asked. */
  constructor(private readonly changed: (session: SessionId, labels: LabelSet) => void) {}

  async read(session: Session): Promise<LabelSet> {
    const folder = session.locations.databaseFolder;
    const labels = await readLabels(folder);
    this.follow(folder, session.id).last = JSON.stringify(labels);
    return labels;
  }

  /** @throws MaskletError `storage/read-only`, and as `addLabels` */
  async add(session: Session, labels: readonly NewLabel[]): Promise<LabelSet> {
    const folder = session.locations.databaseFolder;
    if (session.opened.readOnly && !session.opened.writer) {
      const file = labelsFile(folder);
      throw new MaskletError('storage/read-only', `${file} cannot be written: the video is open read-only.`, {
        file,
        hint: 'Trust the folder, or choose a writable one with masklet.dataDir.',
      });
    }
    const result = await addLabels(folder, labels);
    this.say(folder, result);
    return result;
  }

  forget(session: SessionId): void {
    for (const [folder, { sessions, look }] of this.followed) {
      if (!sessions.delete(session) || sessions.size > 0) continue;
      unwatchFile(labelsFile(folder), look);
      this.followed.delete(folder);
    }
  }

  private follow(folder: string, session: SessionId): Followed {
    let followed = this.followed.get(folder);
    if (!followed) {
      const look = (): void => void readLabels(folder).then((labels) => this.say(folder, labels));
      followed = { sessions: new Set(), last: '', look };
      this.followed.set(folder, followed);
      watchFile(labelsFile(folder), { interval: LOOK_MS, persistent: false }, look);
    }
    followed.sessions.add(session);
    return followed;
  }

  private say(folder: string, labels: LabelSet): void {
    const followed = this.followed.get(folder);
    const text = JSON.stringify(labels);
    if (!followed || followed.last === text) return;
    followed.last = text;
    for (const session of followed.sessions) this.changed(session, labels);
  }
}
