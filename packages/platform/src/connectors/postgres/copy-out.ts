/**
 * `COPY (query) TO STDOUT` over the extended protocol, as a stream of bytes with backpressure. The server sends one message a
 * row; rows are gathered into pieces of 256 kB. While `highWater` pieces wait, the
 * socket is paused: the server then blocks on its own send buffer, so a slow reader holds megabytes, not the result.
 *
 * A value of this kind is handed to `client.query`, which calls the `handle...` methods (the pg driver's own interface).
 */
import type { Submittable } from "pg";
import type { CsvRows } from "#tables/csv-source";

const pieceBytes = 1 << 18;
const highWater = 4;

/** What the pg driver's connection offers beyond its published types. */
interface Wire {
  readonly stream: { pause(): void; resume(): void; cork(): void; uncork(): void };
  parse(query: { text: string; name: string; types: number[] }): void;
  bind(config: { portal: string; statement: string; values: unknown[]; valueMapper: (value: unknown) => unknown }): void;
  execute(config: { portal: string; rows: number }): void;
  sync(): void;
}

export class CopyOut implements Submittable {
  readonly #sql: string;
  #wire: Wire | undefined;
  #buffer: Uint8Array = Buffer.allocUnsafe(pieceBytes);
  #filled = 0;
  #rows = 0;
  readonly #ready: { buffer: Uint8Array; rows: number; filled: number }[] = [];
  readonly #free: Uint8Array[] = [];
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(sql: string) {
    this.#sql = sql;
  }

  /**
   * The bytes. Ends when the server has said that the statement is complete; throws the server's error. A piece is valid until
   * the next one is asked for: its buffer is used again.
   */
  async *pieces(): AsyncGenerator<CsvRows> {
    for (;;) {
      if (this.#error) throw this.#error;
      const next = this.#ready.shift();
      if (next) {
        const { buffer, rows, filled } = next;
        if (this.#ready.length < highWater) this.#wire?.stream.resume();
        yield { rows, bytes: buffer.subarray(0, filled) };
        if (buffer.length === pieceBytes) this.#free.push(buffer);
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }

  /** Ends the stream with an error, for what the server does not know of: a lost connection, a time limit. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#notify();
  }

  submit(connection: unknown): void {
    const wire = connection as Wire;
    this.#wire = wire;
    wire.stream.cork();
    wire.parse({ text: this.#sql, name: "", types: [] });
    wire.bind({ portal: "", statement: "", values: [], valueMapper: (value) => value });
    wire.execute({ portal: "", rows: 0 });
    wire.sync();
    wire.stream.uncork();
  }

  /** The row is copied: what the driver hands over is a view of a buffer that it fills again. */
  handleCopyData({ chunk: row }: { chunk: Uint8Array }): void {
    if (this.#filled + row.length > this.#buffer.length) {
      this.#flush();
      if (row.length > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(row.length);
    }
    this.#buffer.set(row, this.#filled);
    this.#filled += row.length;
    this.#rows++;
  }

  handleCommandComplete(): void {
    this.#flush();
  }

  handleReadyForQuery(): void {
    this.#ended = true;
    this.#notify();
  }

  handleError(error: Error): void {
    this.fail(error);
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.#ready.push({ buffer: this.#buffer, rows: this.#rows, filled: this.#filled });
    this.#buffer = this.#free.pop() ?? Buffer.allocUnsafe(pieceBytes);
    this.#filled = 0;
    this.#rows = 0;
    if (this.#ready.length >= highWater) this.#wire?.stream.pause();
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
