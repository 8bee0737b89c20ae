/**
 * Instants as ISO 8601 text and as milliseconds since the Unix epoch. JavaScript's own `Date.parse` is not used: it reads text
 * without a zone as local time, the year 102 as 2002 or not at all, and knows neither infinity nor years before Christ, all of
 * which real databases hold. Text without a zone is UTC.
 */
const pattern =
  /^(\d{4,6})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(?:\s?(?:(Z)|([+-])(\d{2})(?::?(\d{2}))?))?( BC)?$/;
const daysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Milliseconds since the epoch (with a fraction, down to microseconds) of a date or a date and time in ISO 8601, the way
 * PostgreSQL, SQLite and DuckDB write it; NaN where it is none. `infinity` and `-infinity` are the infinite numbers.
 */
export function parseInstant(text: string): number {
  const match = pattern.exec(text);
  if (!match) return text === "infinity" ? Infinity : text === "-infinity" ? -Infinity : NaN;
  const year = match[12] === undefined ? Number(match[1]) : 1 - Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4] ?? 0);
  const minute = Number(match[5] ?? 0);
  const second = Number(match[6] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth[month - 1]! || hour > 24 || minute > 59 || second > 60) return NaN;
  const fraction = match[7] === undefined ? 0 : Number(match[7].padEnd(6, "0").slice(0, 6)) / 1000;
  const zone = match[9] === undefined ? 0 : (match[9] === "-" ? -1 : 1) * (Number(match[10]) * 60 + Number(match[11] ?? 0));
  return daysFromCivil(year, month, day) * 86_400_000 + (hour * 60 + minute - zone) * 60_000 + second * 1000 + fraction;
}

/**
 * Days from 1970-01-01 to a date of the proleptic Gregorian calendar. The year starts in March, so that the leap day is the
 * last one; an era is 400 years. Howard Hinnant, "chrono-compatible low-level date algorithms", 2013.
 */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** RFC 3339 text of a finite instant within the years 0 to 9999; null for anything else. */
export function formatInstant(ms: number): string | null {
  return ms >= -62_167_219_200_000 && ms <= 253_402_300_799_999 ? new Date(Math.floor(ms)).toISOString() : null;
}
