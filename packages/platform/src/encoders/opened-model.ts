/** What an encoder is inside its process, and how it says that it cannot be opened. */

export interface OpenedModel {
  /** The files it was made of, by name: what the hash is over. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** One vector a text; nothing is scaled or checked here. */
  encode(texts: readonly string[]): Promise<readonly ArrayLike<number>[]>;
}

/** A folder, file or package is not there. */
export class EncoderMissing extends Error {
  readonly fix: string;

  constructor(reason: string, fix: string) {
    super(reason);
    this.fix = fix;
  }
}

/** A file is there and not what it must be; the message begins with its name. */
export class EncoderInvalid extends Error {}
