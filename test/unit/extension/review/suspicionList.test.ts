import { describe, expect, it } from 'vitest';
import { reasonsInWords, suspiciousObjects } from '../../../../extension/review/suspicionList';
import type { Suspicion } from '../../../../shared/domain/annotations';
import { objectRecord } from '../../../support/webviewFixtures';

const car = objectRecord('car1', 'Car', '#ff0000');
const dog = objectRecord('dog1', 'Dog', '#0000ff');
const suspicion = (object: string, frame: number): Suspicion => ({ object, frame, reasons: ['low-iou'] });

describe('the list of suspicious frames', () => {
  it('is by object, in the order of the objects, without those that have none', () => {
    const found = [suspicion('dog1', 2), suspicion('car1', 5), suspicion('dog1', 9), suspicion('gone', 11)];
    expect(suspiciousObjects([car, objectRecord('cat1', 'Cat', '#00ff00'), dog], found)).toEqual([
      { object: car, suspicions: [suspicion('car1', 5)] },
      { object: dog, suspicions: [suspicion('dog1', 2), suspicion('dog1', 9)] },
    ]);
  });

  it('says why in words', () => {
    expect(reasonsInWords({ object: 'a', frame: 1, reasons: ['low-iou', 'area-jump'] })).toBe(
      'low predicted IoU, the area changes suddenly',
    );
  });
});
