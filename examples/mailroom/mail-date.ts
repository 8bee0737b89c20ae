/**
 * The Date header of a mail (RFC 5322, sections 3.3 and 4.3), independent of the machine's own time zone.
 *
 * A year of three digits stays what it says: mail programs that wrote the years since 1900 made 2002 the year 102, and a system
 * that stores dates as they come has that year in its tables.
 */

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** Hours east of Greenwich of the zones that RFC 5322 names and of those that European mail of the time uses beside them. */
const zones = new Map(
  "ut:0 utc:0 gmt:0 z:0 wet:0 bst:1 ist:1 cet:1 met:1 cest:2 mest:2 eet:2 est:-5 edt:-4 cst:-6 cdt:-5 mst:-7 mdt:-6 pst:-8 pdt:-7"
    .split(" ")
    .map((entry) => entry.split(":"))
    .map(([name, hours]) => [name, Number(hours)]),
);

const pattern =
  /^(?:[a-z]+\.?[,\s]\s*)?(?<day>\d{1,2})[\s-]+(?<month>[a-z]{3})[a-z]*[\s-]+(?<year>\d{2,4})\s+(?<hour>\d{1,2}):(?<minute>\d{1,2})(?::(?<second>\d{1,2}))?\s*(?<half>[ap]m\b)?\s*(?<rest>.*)$/i;

/** The order of C's asctime: `Sat Sep 21 08:18:08 2002`. */
const asctime = /^[a-z]{3} ([a-z]{3}) +(\d{1,2}) ([\d:]+) (\d{4})$/i;

/** The instant that the text names; null where it names none for certain, such as a zone in words (`Eastern Daylight Time`). */
export function parseMailDate(text: string): Date | null {
  const found = pattern.exec(text.trim().replace(asctime, "$2 $1 $4 $3"))?.groups;
  if (!found) return null;
  const month = months.indexOf(found["month"]!.toLowerCase());
  const day = Number(found["day"]);
  const hour = hourOfDay(Number(found["hour"]), found["half"]);
  const minute = Number(found["minute"]);
  const second = Number(found["second"] ?? 0);
  const offset = zoneMinutes(found["rest"]!);
  if (month < 0 || offset === null || hour > 23 || minute > 59 || second > 60) return null;
  const date = new Date(0);
  date.setUTCFullYear(fullYear(found["year"]!), month, day);
  if (date.getUTCDate() !== day) return null; // 31 June
  date.setUTCHours(hour, minute - offset, second);
  return date;
}

/** 12:47 AM is 0:47, 3:36 PM is 15:36; without either the hour is of 24. */
function hourOfDay(hour: number, half: string | undefined): number {
  return half === undefined ? hour : (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
}

/** Two digits mean 1950 to 2049 (RFC 5322, section 4.3). */
function fullYear(digits: string): number {
  const year = Number(digits);
  return digits.length > 2 ? year : year < 50 ? 2000 + year : 1900 + year;
}

/** Minutes east of Greenwich of what follows the time: nothing means UTC; null where it is a zone that is not known. */
function zoneMinutes(rest: string): number | null {
  const numeric = /^([+-])(\d{2})(\d{2})(?!\d)/.exec(rest);
  if (numeric) return (numeric[1] === "-" ? -1 : 1) * (Number(numeric[2]) * 60 + Number(numeric[3]));
  const word = /^[a-z]+(?![a-z=])/i.exec(rest)?.[0].toLowerCase();
  if (word === undefined) return /^[+-]/.test(rest) ? null : 0;
  const hours = /\b(?:daylight|standard) time\b/i.test(rest) ? undefined : zones.get(word);
  return hours === undefined ? null : hours * 60;
}
