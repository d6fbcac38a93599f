/** The largest difference, in parts of the largest value wanted. @throws RangeError where the lengths differ. */
export function relativeError(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length)
    throw new RangeError(`${found.length} values instead of ${wanted.length}`);
  let [difference, largest] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    const apart = Math.abs(found[i] - wanted[i]);
    // What is no number is as wrong as can be.
    difference = Number.isNaN(apart) ? Infinity : Math.max(difference, apart);
    largest = Math.max(largest, Math.abs(wanted[i]));
  }
  return difference / largest;
}
