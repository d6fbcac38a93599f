import { MaskletError } from '../../shared/protocol/errors';
import type { Change } from './api';
import type { ClipRows } from './rows';
import {
  checkObjectId,
  lineFile,
  markPlace,
  maskPlace,
  placeOf,
  promptPlace,
  type RowPlace,
} from './sidecar/layout';
import { LineError, checkRow } from './sidecar/parseLine';
import type { Row } from './sidecar/records';
import type { ClipShape } from './sidecar/sync';

/** What a change puts, objects first. */
export function* rowsOf(change: Change): Generator<Row> {
  for (const record of change.putObjects ?? []) yield { kind: 'object', record };
  for (const record of change.putPrompts ?? []) yield { kind: 'prompt', record };
  for (const record of change.putMasks ?? []) yield { kind: 'mask', record };
  for (const record of change.putMarks ?? []) yield { kind: 'mark', record };
}

/** What a change removes, objects aside. */
export function* placesOf(change: Change): Generator<RowPlace> {
  for (const { object, frame } of change.removePrompts ?? []) yield promptPlace(object, frame);
  for (const { object, frame } of change.removeMasks ?? []) yield maskPlace(object, frame);
  for (const mark of change.removeMarks ?? []) yield markPlace(mark);
}

/**
 * A row as it would come back from the sidecar: nothing gets into the database that could not be saved and read again.
 * @throws MaskletError `object/unknown`, `input/invalid`
 */
export function checkedRow(
  row: Row,
  shape: ClipShape,
  rows: ClipRows,
  file: string,
): { place: RowPlace; row: Row } {
  const object = row.kind === 'object' ? row.record.id : row.record.object;
  checkObjectId(object);
  const place = placeOf(row);
  const holder = lineFile(place.file)!;
  if (row.kind !== 'object' && !rows.hasObject(object)) {
    throw new MaskletError('object/unknown', `There is no object "${object}".`, { file });
  }
  try {
    return { place, row: checkRow(row, holder, { ...shape, hasObject: () => true }) };
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    throw new MaskletError(
      'input/invalid',
      `The ${row.kind} ${place.key} cannot be stored: ${error.message}.`,
    );
  }
}
