import type { ObjectRecord, Suspicion, SuspicionReason } from '../../shared/domain/annotations';

/** The suspicious frames of one object. */
export interface SuspiciousObject {
  readonly object: ObjectRecord;
  readonly suspicions: readonly Suspicion[];
}

const WORDS: Readonly<Record<SuspicionReason, string>> = {
  'low-object-score': 'low object score',
  'low-iou': 'low predicted IoU',
  'area-jump': 'the area changes suddenly',
  'position-jump': 'the position changes suddenly',
  'low-overlap': 'hardly overlaps the frame before',
  'direction-disagreement': 'forward and backward disagree',
  'box-disagreement': 'the mask does not fill its box',
  'appears-or-vanishes': 'appears or vanishes',
};

/** Why a frame is suspicious, in words. */
export function reasonsInWords({ reasons }: Suspicion): string {
  return reasons.map((reason) => WORDS[reason]).join(', ');
}

/** By object, in the order of the objects; those without suspicious frames are left out. */
export function suspiciousObjects(
  objects: readonly ObjectRecord[],
  suspicions: readonly Suspicion[],
): SuspiciousObject[] {
  return objects
    .map((object) => ({
      object,
      suspicions: suspicions.filter((suspicion) => suspicion.object === object.id),
    }))
    .filter((entry) => entry.suspicions.length > 0);
}
