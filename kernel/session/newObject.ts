import { randomBytes } from 'node:crypto';
import type { ObjectId, ObjectRecord } from '../../shared/domain/annotations';
import type { Annotations } from '../annotations/annotations';
import { objectColor } from '../render/colors';

/** Short and random: two branches never give the same one. */
export function newObjectId(): ObjectId {
  return randomBytes(4).toString('hex');
}

/** The row of an object that is to exist; none if it already does. */
export function missingObject(annotations: Annotations, id: ObjectId): readonly ObjectRecord[] {
  const { objects, nextOrder: order } = annotations;
  if (objects.has(id)) return [];
  return [{ id, label: 'object', color: objectColor(objects.size), attributes: {}, order }];
}
