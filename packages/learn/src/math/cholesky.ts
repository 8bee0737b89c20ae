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

/**
 * Solves A x = b; of `matrix`, shape (size, size), row-major, the lower half is read and overwritten by its factor. Null where A is not positive
 * definite. O(size^3).
 */
export function solveSymmetric(matrix: Float64Array, right: Float64Array, size: number): Float64Array | null {
  return factorise(matrix, size) ? solveFactored(matrix, right, size) : null;
}

/** A = L L', L in the lower half of `matrix`; false where A is not positive definite. O(size^3). */
export function factorise(matrix: Float64Array, size: number): boolean {
  for (let j = 0; j < size; j++) {
    let square = matrix[j * size + j]!;
    for (let k = 0; k < j; k++) square -= matrix[j * size + k]! ** 2;
    if (!(square > 1e-300)) return false;
    const root = Math.sqrt(square);
    matrix[j * size + j] = root;
    for (let i = j + 1; i < size; i++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k]! * matrix[j * size + k]!;
      matrix[i * size + j] = sum / root;
    }
  }
  return true;
}

/** Solves L L' x = b for a factor made by `factorise`. O(size^2). */
export function solveFactored(factor: Float64Array, right: Float64Array, size: number): Float64Array {
  const x = right.slice();
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i]! -= factor[i * size + k]! * x[k]!;
    x[i]! /= factor[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i]! -= factor[k * size + i]! * x[k]!;
    x[i]! /= factor[i * size + i]!;
  }
  return x;
}
