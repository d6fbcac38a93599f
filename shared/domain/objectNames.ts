import type { ObjectId, ObjectRecord } from './annotations';

/**
 * What people call each object: its label, and where several share it, which of them it is in the order of the list:
 * "dog", "person 1", "person 2".
 */
export function objectNames(
  objects: readonly Pick<ObjectRecord, 'id' | 'label'>[],
): ReadonlyMap<ObjectId, string> {
  const sharing = new Map<string, ObjectId[]>();
  for (const { id, label } of objects) sharing.set(label, [...(sharing.get(label) ?? []), id]);
  return new Map(
    objects.map(({ id, label }) => {
      const same = sharing.get(label) ?? [];
      return [id, same.length > 1 ? `${label} ${same.indexOf(id) + 1}` : label];
    }),
  );
}
