/** Passes over all rows in pieces, shared out to the threads in turn. A piece is as long whatever the number of threads. */

/** Rows of a piece. */
export const ROWS = 8192;

/** How many there are. */
export const piecesOf = (rows: number): number => Math.ceil(rows / ROWS);

/** Calls `work` for the pieces of one thread. Every `next()` is one of them. */
export function* eachPiece(
  rows: number,
  thread: number,
  threads: number,
  work: (from: number, to: number, piece: number) => void,
): Generator<number, void> {
  for (let piece = thread; piece * ROWS < rows; piece += threads) {
    work(piece * ROWS, Math.min((piece + 1) * ROWS, rows), piece);
    yield ROWS;
  }
}
