/** Symmetric positive definite matrices, row-major, shape (size, size): Cholesky's factor and what it solves. */

/** The lower triangle L with A = L L'; null where A is not positive definite. O(size³). */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array | null {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column]!;
      for (let k = 0; k < column; k++) sum -= lower[row * size + k]! * lower[column * size + k]!;
      if (row !== column) lower[row * size + column] = sum / lower[column * size + column]!;
      else if (sum > 0) lower[row * size + row] = Math.sqrt(sum);
      else return null;
    }
  }
  return lower;
}

/** Turns b into the x of L L' x = b, in place; returns it. O(size²). */
export function choleskySolve(lower: Float64Array, size: number, b: Float64Array): Float64Array {
  for (let row = 0; row < size; row++) {
    for (let k = 0; k < row; k++) b[row]! -= lower[row * size + k]! * b[k]!;
    b[row]! /= lower[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let k = row + 1; k < size; k++) b[row]! -= lower[k * size + row]! * b[k]!;
    b[row]! /= lower[row * size + row]!;
  }
  return b;
}
