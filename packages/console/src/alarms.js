// @ts-check
/**
 * Series that are watched: alarms of two weeks against what was promised, and the last of them as a drawing: the values, the range in which they were
 * expected, and when the alarm was.
 *
 * @typedef {{ day: string, alarms: number, useful: number, noise: number }} Day
 * @typedef {{ budget: string, series: number, days: Day[], alarms: number, promised: number, open: number, undelivered: { waiting: number, dead: number } }} Summary
 * @typedef {{ at: string, value: number | null, expected: number, lower: number, upper: number }} Point
 * @typedef {{ series: string, start: string, end: string, open: boolean, points: Point[] }} Part
 * @typedef {{ id: string, start: string, end: string, open: boolean, series: string, kind: string, reason: string, parts: Part[], mark: { as: string } | null }} Alarm
 * @typedef {{ summary: Summary, alarms: Alarm[] }} Watched
 */
import { draw, element, sum, text, within } from "./page.js";

const marks = /** @type {const} */ (["useful", "noise", "other"]);
const width = 360;
const height = 100;

/** @param {string} name */
export function newWatchedCard(name) {
  const template = /** @type {HTMLTemplateElement} */ (element("watched"));
  const card = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
  card.dataset["name"] = name;
  text(within(card, "h3"), name);
  return card;
}

/**
 * @param {Element} card
 * @param {Watched | null} watched null where the key may not read it
 */
export function showWatched(card, watched) {
  const { summary, alarms } = watched ?? { summary: null, alarms: [] };
  const shown = (/** @type {number} */ count) => count.toLocaleString("en");
  text(
    within(card, ".count-of-alarms"),
    summary ? shown(summary.alarms) : "–",
    summary && summary.series > 0 ? ` promised ${shown(Number(summary.promised.toPrecision(2)))} at most` : "",
  );
  text(within(card, ".going-on"), summary ? shown(summary.open) : "–");
  text(within(card, ".series"), summary ? shown(summary.series) : "–");
  text(within(card, ".promise"), summary ? summary.budget : "–");
  showDays(within(card, ".days"), summary);
  showUndelivered(/** @type {HTMLElement} */ (within(card, ".undelivered")), summary);
  const none = /** @type {HTMLElement} */ (within(card, ".none"));
  none.hidden = alarms.length > 0;
  text(none, watched ? "Nothing unusual in the last two weeks." : "This key may not read alarms.");
  const list = within(card, ".alarms");
  for (const figure of Array.from(list.children))
    if (!alarms.some(({ id }) => id === /** @type {HTMLElement} */ (figure).dataset["id"])) figure.remove();
  for (const [at, alarm] of alarms.entries()) {
    const figure =
      /** @type {HTMLElement | undefined} */ (
        Array.from(list.children).find((one) => /** @type {HTMLElement} */ (one).dataset["id"] === alarm.id)
      ) ?? newFigure(alarm.id);
    if (list.children[at] !== figure) list.insertBefore(figure, list.children[at] ?? null);
    showAlarm(figure, alarm);
  }
}

/**
 * Messages about alarms that people have not got.
 *
 * @param {HTMLElement} line
 * @param {Summary | null} summary
 */
function showUndelivered(line, summary) {
  const { waiting, dead } = summary?.undelivered ?? { waiting: 0, dead: 0 };
  line.hidden = waiting + dead === 0;
  const parts = [
    ...(waiting > 0 ? [`${waiting.toLocaleString("en")} waiting to be sent again`] : []),
    ...(dead > 0 ? [`${dead.toLocaleString("en")} given up`] : []),
  ];
  text(line, line.hidden ? "" : `Messages not delivered: ${parts.join(", ")}. inlay notices list says why.`);
}

/**
 * @param {Element} svg
 * @param {Summary | null} summary
 */
function showDays(svg, summary) {
  const days = summary?.days ?? [];
  const key = JSON.stringify(days);
  if (/** @type {SVGElement} */ (svg).dataset["drawn"] === key) return;
  /** @type {SVGElement} */ (svg).dataset["drawn"] = key;
  const highest = Math.max(1, ...days.map(({ alarms }) => alarms));
  svg.replaceChildren();
  for (const [at, { alarms, useful, noise }] of days.entries()) {
    const counts = { useful, noise, other: alarms - useful - noise };
    let top = 48;
    for (const mark of marks) {
      const tall = (counts[mark] / highest) * 46;
      top -= tall;
      const bar = draw(svg, "rect", "", {
        x: String((at * 600) / days.length + 4),
        y: top.toFixed(2),
        width: String(600 / days.length - 8),
        height: tall.toFixed(2),
      });
      bar.setAttribute("data-mark", mark);
    }
  }
  const useful = sum(days.map((day) => day.useful));
  const noise = sum(days.map((day) => day.noise));
  svg.setAttribute(
    "aria-label",
    summary
      ? `Alarms by day over two weeks: ${days.map(({ day, alarms }) => `${day.slice(5)} ${alarms}`).join(", ")}. ${useful} useful, ${noise} noise.`
      : "The key may not read the alarms",
  );
}

/** @param {string} id */
function newFigure(id) {
  const figure = document.createElement("figure");
  figure.dataset["id"] = id;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `-44 -8 ${width + 52} ${height + 32}`);
  svg.setAttribute("role", "img");
  const caption = document.createElement("figcaption");
  caption.className = "quiet";
  caption.append(document.createElement("strong"), document.createElement("span"));
  figure.append(svg, caption);
  return figure;
}

/**
 * @param {HTMLElement} figure
 * @param {Alarm} alarm
 */
function showAlarm(figure, alarm) {
  const part = alarm.parts.find(({ series }) => series === alarm.series) ?? alarm.parts[0];
  if (!part) return;
  const others = new Set(alarm.parts.map(({ series }) => series)).size - 1;
  const when = `${clock(alarm.start)} to ${alarm.open ? "now" : clock(alarm.end)}`;
  const said = alarm.mark ? `, marked ${alarm.mark.as}` : "";
  text(
    within(figure, "strong"),
    `${alarm.series}${others > 0 ? ` and ${others} more` : ""}${alarm.kind === "together" ? "" : `: ${alarm.kind}`}`,
  );
  text(within(figure, "span"), `${when}${said}. ${alarm.reason.replace(`${alarm.series}: `, "")}.`);
  const drawn = `${alarm.end} ${alarm.open} ${part.points.length}`;
  if (figure.dataset["drawn"] === drawn) return;
  figure.dataset["drawn"] = drawn;
  drawPart(within(figure, "svg"), part);
}

/**
 * @param {Element} svg
 * @param {Part} part
 */
function drawPart(svg, part) {
  svg.replaceChildren();
  const { points } = part;
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return;
  const numbers = points.flatMap(({ value, lower, upper }) => [value ?? lower, lower, upper]);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const [from, to] = [Date.parse(first.at), Date.parse(last.at)];
  const x = (/** @type {string} */ at) => (to === from ? width / 2 : ((Date.parse(at) - from) / (to - from)) * width);
  const y = (/** @type {number} */ value) => (most === least ? height / 2 : height * (1 - (value - least) / (most - least)));
  const place = (/** @type {string} */ at, /** @type {number} */ value) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`;
  const [begins, ends] = [Math.max(0, x(part.start)), part.open ? width : Math.min(width, x(part.end))];
  draw(svg, "rect", "span", {
    x: (begins - 2).toFixed(1),
    y: "0",
    width: (ends - begins + 4).toFixed(1),
    height: String(height),
  });
  draw(svg, "path", "axis", { d: `M0 0V${height}H${width}` });
  const range = [
    ...points.map(({ at, upper }) => place(at, upper)),
    ...points.toReversed().map(({ at, lower }) => place(at, lower)),
  ];
  draw(svg, "polygon", "range", { points: range.join(" ") });
  /** @type {Point[][]} a line ends where nothing came */
  const lines = [[]];
  for (const point of points) {
    if (point.value === null) lines.push([]);
    else lines.at(-1)?.push(point);
  }
  for (const line of lines)
    draw(svg, "polyline", "values", { points: line.map(({ at, value }) => place(at, value ?? 0)).join(" ") });
  const outside = points.filter(({ value, lower, upper }) => value !== null && (value < lower || value > upper));
  for (const { at, value } of outside) draw(svg, "circle", "", { cx: x(at).toFixed(1), cy: y(value ?? 0).toFixed(1), r: "2.5" });
  for (const { of, ...where } of [
    { x: "-5", y: "6", "text-anchor": "end", of: short(most) },
    { x: "-5", y: String(height), "text-anchor": "end", of: short(least) },
    { x: "0", y: String(height + 14), "text-anchor": "start", of: clock(first.at) },
    { x: String(width), y: String(height + 14), "text-anchor": "end", of: clock(last.at) },
  ])
    draw(svg, "text", "", where).textContent = of;
  svg.setAttribute(
    "aria-label",
    `${part.series} from ${clock(first.at)} to ${clock(last.at)}: values from ${short(least)} to ${short(most)}, ${outside.length} of ${points.length} points outside of the range in which they were expected.`,
  );
}

/** @param {number} value */
function short(value) {
  return Number(value.toPrecision(3)).toLocaleString("en", { notation: Math.abs(value) >= 1e6 ? "compact" : "standard" });
}

/** @param {string} instant in the time of whoever looks */
function clock(instant) {
  return new Date(instant).toLocaleString("en-GB", { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" });
}
