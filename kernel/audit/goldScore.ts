import type { MaskRecord, ObjectRecord } from '../../shared/domain/annotations';
import type { GoldScore, ScoredObject } from '../../shared/protocol/audit';
import { Annotations, type Content } from '../annotations/annotations';
import { trackedMask } from '../annotations/maskRecord';
import { meanMeasure, measureOf } from '../masks/measures';

/** The scores of the objects that have gold masks. */
export function scoreObjects(content: Content): ScoredObject[] {
  if (content.masks.every(({ gold }) => gold === undefined)) return [];
  const annotations = new Annotations(content, { id: '', sha256: '' });
  const isOutdated = (mask: MaskRecord): boolean => {
    const tracked = trackedMask(mask);
    return tracked !== undefined && annotations.promptsChanged(tracked);
  };
  return content.objects.flatMap(
    (object) => scoreObject(object, annotations.masksOfObject(object.id), isOutdated) ?? [],
  );
}

/** Undefined where the object has no gold mask. @param isOutdated whether what was measured had other prompts. */
export function scoreObject(
  { id, label }: Pick<ObjectRecord, 'id' | 'label'>,
  masks: readonly MaskRecord[],
  isOutdated: (mask: MaskRecord) => boolean = () => false,
): ScoredObject | undefined {
  const gold = masks.filter((mask) => mask.gold);
  if (gold.length === 0) return undefined;
  const measured = gold.filter((mask) => mask.gold?.measured);
  const score = scoreOf(measured.flatMap(({ gold }) => (gold?.measured ? [gold.measured] : [])));
  return {
    object: id,
    label,
    gold: gold.length,
    measured: measured.length,
    outdated: measured.filter(isOutdated).length,
    ...(score ? { score } : {}),
  };
}

/** The mean over objects that were measured. */
export function meanScore(objects: readonly Pick<ScoredObject, 'score'>[]): GoldScore | undefined {
  return scoreOf(objects.flatMap(({ score }) => score ?? []));
}

function scoreOf(measures: readonly { readonly j: number; readonly f: number }[]): GoldScore | undefined {
  if (measures.length === 0) return undefined;
  const { J, F, 'J&F': jf } = meanMeasure(measures.map(({ j, f }) => measureOf(j, f)));
  return { j: J, f: F, jf };
}
