/** DuckDB's errors about files and queries as errors of ours: which file, which line, what is wrong there. */
import { failure, isFailure } from "#base/errors";
import { duckdbReason } from "#tables/duckdb-error";
import type { DataFile } from "./data-file.ts";

export function fileError(system: string, error: unknown, files: readonly DataFile[]): Error {
  if (isFailure(error)) return error;
  const text = (error as Error).message;
  if (/Permission Error|disabled by configuration|configuration has been locked|Missing Extension/.test(text)) {
    return failure("QUERY_REFUSED", { system, reason: duckdbReason(error) });
  }
  // Which file: the one that DuckDB names, or the only one there is.
  const named = files.find(({ path }) => text.includes(path));
  const path = (named ?? (files.length === 1 ? files[0] : undefined))?.path;
  const line = /(?:on Line|at line|line):? (\d+)/i.exec(text)?.[1];
  if (path !== undefined && (line !== undefined || named) && /CSV|JSON|Parquet|unicode|sniff|convert|cast/i.test(text)) {
    return failure("FILE_UNREADABLE", { path, reason: `${line === undefined ? "" : `line ${line}: `}${fault(text)}` });
  }
  const at = /LINE (\d+): /.exec(text)?.[1];
  return failure("QUERY_FAILED", { system, reason: `${at === undefined ? "" : `line ${at}: `}${duckdbReason(error)}` });
}

function fault(text: string): string {
  const columns = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (columns) return `it has ${columns[2]} fields where the header has ${columns[1]}`;
  if (/not utf-8|Invalid unicode|invalid UTF-?8|byte sequence/i.test(text))
    return "it is not UTF-8; save the file in that encoding";
  if (/unterminated|quote/i.test(text)) return "a quote is opened and not closed";
  return duckdbReason(new Error(text));
}
