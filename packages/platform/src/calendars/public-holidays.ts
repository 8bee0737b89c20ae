/**
 * Public holidays by country and region, as the package `date-holidays` knows them: what the law of a place says, of past and coming years, without
 * any network. The package is large and not everyone looks ahead by day, so it is installed where it is wanted.
 */
import { readFile } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { pathToFileURL } from "node:url";
import { failure } from "#base/errors";
import { findPackage } from "#base/find-package";
import { nearest } from "#base/text";

export interface PublicHolidays {
  /** Name and version, as `date-holidays 3.37.0`. */
  readonly library: string;
  /**
   * The place that a text names: a country (`DE`), a region of it (`DE-BY`, ISO 3166-2) or a part of that (`US-LA-NO`), by code or by name; within
   * `country`, where one is given, the region alone (`BY`, `Bayern`).
   *
   * @throws PLACE_UNKNOWN
   */
  find(text: string, country?: string): Place;
  /** In the order of their days; a holiday of several days is one for each. */
  holidays(place: Place, fromYear: number, toYear: number): Holiday[];
}

export interface Place {
  readonly code: string;
  /** Days of the week without work, 1 is Monday. */
  readonly weekend: readonly number[];
}

export interface Holiday {
  /** Of the calendar of the place, from 1970-01-01. */
  readonly day: number;
  readonly name: string;
}

export type OpenPublicHolidays = () => Promise<PublicHolidays>;

const packageName = "date-holidays";
const dayMs = 86_400_000;
/** Places that a message lists. */
const mostNamed = 30;

/** What is used of the package. */
interface Calendar {
  getCountries(language: string): Readonly<Record<string, string>>;
  getStates(country: string): Readonly<Record<string, string>> | undefined;
  getRegions(country: string, state: string): Readonly<Record<string, string>> | undefined;
  getHolidays(
    year: number,
  ): readonly { readonly date: string; readonly start: Date; readonly end: Date; readonly name: string; readonly type: string }[];
}
type CalendarClass = new (...place: readonly string[]) => Calendar;

/** @throws PACKAGE_MISSING */
export async function openPublicHolidays(packagesFrom: string): Promise<PublicHolidays> {
  const found = findPackage(packageName, packagesFrom);
  if (found === undefined) throw failure("PACKAGE_MISSING", { name: packageName, what: "holidays of a country" });
  const { default: Calendar } = (await import(pathToFileURL(found).href)) as { default: CalendarClass };
  const manifest = JSON.parse(await readFile(findPackageJSON(pathToFileURL(found))!, "utf8")) as { version: string };
  const all = new Calendar();
  const countries = all.getCountries("en");

  return {
    library: `${packageName} ${manifest.version}`,

    find(text, within) {
      const wanted = text.trim();
      const isCountry = within === undefined && codeOf(countries, wanted) !== undefined;
      const [country, ...region] = isCountry
        ? [wanted]
        : within === undefined
          ? wanted.split("-")
          : [within, ...regionOf(wanted)];
      const code = codeOf(countries, country!);
      if (code === undefined) {
        // Of two letters any others are near.
        const near = country!.length > 3 ? nearest(country!, Object.values(countries)) : undefined;
        const fix = `${near === undefined ? "" : `Did you mean ${codeOf(countries, near)} (${near})? `}Write the code of a country, as DE.`;
        throw failure("PLACE_UNKNOWN", { place: shown(text), what: "no country whose holidays are known", fix });
      }
      const weekend = weekendOf(code);
      if (region.length === 0) return { code, weekend };
      const states = all.getStates(code) ?? {};
      const state = codeOf(states, region.join("-")); // a name may hold a hyphen: Rheinland-Pfalz
      if (state !== undefined) return { code: `${code}-${state}`, weekend };
      const above = codeOf(states, region[0]!);
      const parts = above === undefined ? states : (all.getRegions(code, above) ?? {});
      const part = above === undefined ? undefined : codeOf(parts, region.slice(1).join("-"));
      if (part !== undefined) return { code: `${code}-${above}-${part}`, weekend };
      const of = above === undefined ? code : `${code}-${above}`;
      const known = Object.keys(parts).map((each) => `${of}-${each}`);
      throw failure("PLACE_UNKNOWN", {
        place: shown(within === undefined ? text : `${within}-${regionOf(wanted).join("-")}`),
        what: `no part of ${of} whose holidays are known`,
        fix:
          known.length === 0
            ? `Write ${of} alone.`
            : `Known are ${known.slice(0, mostNamed).join(", ")}${known.length > mostNamed ? ", ..." : ""}.`,
      });

      /** Without the country where it is written before the region nevertheless. */
      function regionOf(one: string): string[] {
        const parts = one.split("-");
        return parts.length > 1 && isSame(parts[0]!, within!) ? parts.slice(1) : parts.filter((part) => part !== "");
      }
    },

    holidays({ code }, fromYear, toYear) {
      const calendar = new Calendar(...code.split("-"));
      const found: Holiday[] = [];
      for (let year = fromYear; year <= toYear; year++) {
        for (const { date, start, end, name, type } of calendar.getHolidays(year)) {
          if (type !== "public") continue;
          // Of feasts that begin in the evening before the text has the first whole day. A day of a change of clocks has 23 hours.
          const first = Date.parse(date.slice(0, 10)) / dayMs;
          const days = Math.max(1, Math.floor((end.getTime() - start.getTime()) / dayMs + 0.1));
          for (let at = 0; at < days; at++) found.push({ day: first + at, name });
        }
      }
      return found.sort((a, b) => a.day - b.day || (a.name < b.name ? -1 : 1));
    },
  };
}

function isSame(one: string, other: string): boolean {
  return one.localeCompare(other, undefined, { sensitivity: "accent" }) === 0;
}

/** By code or by name. */
function codeOf(known: Readonly<Record<string, string>>, text: string): string | undefined {
  return Object.keys(known).find((code) => isSame(code, text) || isSame(known[code]!, text));
}

/** Saturday and Sunday in most countries, Friday and Saturday in some. */
function weekendOf(country: string): readonly number[] {
  const locale = new Intl.Locale(`und-${country}`) as Intl.Locale & { getWeekInfo?(): { weekend: number[] } };
  return locale.getWeekInfo?.().weekend ?? [6, 7];
}

/** What came from a file or a table, short enough for a message. */
function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
