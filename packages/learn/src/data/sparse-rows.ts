/**
 * Rows with few values each (compressed sparse rows): row r has `values[k]` in column `indices[k]` for
 * offsets[r] <= k < offsets[r + 1]. Columns of a row are distinct, in no particular order.
 */
export interface SparseRows {
  readonly count: number;
  readonly features: number;
  /** Length count + 1. */
  readonly offsets: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/** Collects rows one after the other; memory at most doubles. */
export class SparseRowsBuilder {
  readonly #features: number;
  readonly #offsets: Uint32Array;
  #indices: Uint32Array;
  #values: Float32Array;
  #rows = 0;

  constructor(rows: number, features: number) {
    this.#features = features;
    this.#offsets = new Uint32Array(rows + 1);
    this.#indices = new Uint32Array(1024 + rows * 16);
    this.#values = new Float32Array(this.#indices.length);
  }

  /** Adds a row of the first `length` columns and values, which are copied. */
  add(columns: Uint32Array, values: Float32Array, length: number): void {
    const from = this.#offsets[this.#rows]!;
    const to = from + length;
    if (to > this.#indices.length) {
      const [indices, amounts] = [this.#indices, this.#values];
      this.#indices = new Uint32Array(Math.max(indices.length * 2, to));
      this.#values = new Float32Array(this.#indices.length);
      this.#indices.set(indices.subarray(0, from));
      this.#values.set(amounts.subarray(0, from));
    }
    this.#indices.set(columns.subarray(0, length), from);
    this.#values.set(values.subarray(0, length), from);
    this.#offsets[++this.#rows] = to;
  }

  build(): SparseRows {
    const used = this.#offsets[this.#rows]!;
    return {
      count: this.#rows,
      features: this.#features,
      offsets: this.#offsets.subarray(0, this.#rows + 1),
      indices: this.#indices.subarray(0, used),
      values: this.#values.subarray(0, used),
    };
  }
}
