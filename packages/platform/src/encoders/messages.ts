/** What a program and its encoder process say to each other: one request, one answer, then the next. */

export type Request =
  | {
      readonly kind: "open";
      /** Absolute path of a folder, or the name of a package. */
      readonly place: string;
      /** Where packages are looked for first: the project's folder. */
      readonly packagesFrom: string;
    }
  | { readonly kind: "encode"; readonly texts: readonly string[] };

export type Answer =
  | { readonly kind: "opened"; readonly hash: string; readonly size: number }
  /** Shape (texts, size), not yet scaled. */
  | { readonly kind: "encoded"; readonly vectors: Float32Array }
  /** `missing`: a folder, file or package is not there, and `fix` says what to do; `invalid`: it is there and not what it must be. */
  | { readonly kind: "missing"; readonly reason: string; readonly fix: string }
  | { readonly kind: "invalid"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };
