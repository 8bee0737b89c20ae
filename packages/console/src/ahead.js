// @ts-check
/**
 * What is to come of a use case that looks ahead: as a drawing with its past, in words and as a table.
 *
 * @typedef {{ step: string, mean: number, lower: number, upper: number }} StepAhead
 * @typedef {{ series: string, sum: { mean: number, lower: number, upper: number }, steps: StepAhead[], history: { step: string, value: number | null }[] }} SeriesAhead
 * @typedef {{ model_version: number, every: string, seen_until: string, steps_old: number, coverage: number, series: SeriesAhead[] }} Forecast
 */
import { amount, draw, text, within } from "./page.js";

/** Steps of the past beside a forecast. */
export const shownHistory = 90;

/** The version whose forecast is drawn: what is the same is not asked for again. @param {Element | undefined} card */
export function drawnVersion(card) {
  return card ? Number(/** @type {HTMLElement} */ (within(card, ".ahead")).dataset["version"]) : Number.NaN;
}

/** @param {Element} card */
export function hideForecast(card) {
  const figure = /** @type {HTMLElement} */ (within(card, ".ahead"));
  figure.hidden = true;
  delete figure.dataset["version"];
}

/**
 * Where the axis begins and ends: at 0, unless the values lie so far from it that what moves would be a line.
 *
 * @param {number[]} values
 * @returns {[number, number]}
 */
function axisOf(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = 0.1 * (most - least);
  if (least > 0 && most - least < least) return [Math.max(0, least - room), most + Math.max(room, 1e-9)];
  if (most < 0 && most - least < -most) return [least - Math.max(room, 1e-9), Math.min(0, most + room)];
  return [Math.min(0, least), Math.max(0, most, Math.min(0, least) + 1e-9)];
}

/**
 * What is to come of the first series, which is the total where there is one: as a drawing, in words and as a table.
 *
 * @param {Element} card
 * @param {Forecast} forecast
 */
export function showForecast(
  card,
  { model_version: version, every, seen_until: until, steps_old: old, coverage, series: [first] },
) {
  const figure = /** @type {HTMLElement} */ (within(card, ".ahead"));
  figure.hidden = !first;
  figure.dataset["version"] = String(version);
  if (!first) return;
  const { series, steps, history, sum: total } = first;
  const svg = within(figure, "svg");
  svg.replaceChildren();
  const [width, height] = [600, 150];
  const values = [...history.flatMap(({ value }) => value ?? []), ...steps.flatMap(({ lower, upper }) => [lower, upper])];
  const [least, most] = axisOf(values);
  // So many digits that what differs looks different.
  const digits = Math.min(12, Math.max(3, Math.ceil(Math.log10(Math.max(-least, most) / (most - least))) + 2));
  const said = (/** @type {number} */ value) => amount(value, digits);
  const count = history.length + steps.length;
  const x = (/** @type {number} */ at) => ((at / Math.max(1, count - 1)) * width).toFixed(1);
  const y = (/** @type {number} */ value) => (height * (1 - (value - least) / (most - least))).toFixed(1);
  const ahead = (/** @type {number} */ at) => x(history.length + at);
  draw(svg, "path", "axis", { d: `M0 0V${height}H${width}` });
  const upper = steps.map((one, at) => `${ahead(at)},${y(one.upper)}`);
  const lower = steps.map((one, at) => `${ahead(at)},${y(one.lower)}`).reverse();
  draw(svg, "polygon", "band", { points: [...upper, ...lower].join(" ") });
  /** Stretches of the past without a gap. @type {string[][]} */
  const stretches = [[]];
  for (const [at, { value }] of history.entries()) {
    if (value === null) stretches.push([]);
    else stretches.at(-1)?.push(`${x(at)},${y(value)}`);
  }
  for (const stretch of stretches) if (stretch.length > 0) draw(svg, "polyline", "past", { points: stretch.join(" ") });
  draw(svg, "polyline", "curve", { points: steps.map(({ mean }, at) => `${ahead(at)},${y(mean)}`).join(" ") });
  const edge = history.length === 0 ? "0" : ahead(0);
  draw(svg, "line", "exact", { x1: edge, y1: "0", x2: edge, y2: String(height) });
  const begin = history[0]?.step ?? steps[0]?.step ?? "";
  for (const { of, ...where } of [
    { x: "-4", y: "7", "text-anchor": "end", of: said(most) },
    { x: "-4", y: String(height), "text-anchor": "end", of: said(least) },
    { x: "0", y: String(height + 18), "text-anchor": "start", of: begin },
    { x: String(width), y: String(height + 18), "text-anchor": "end", of: steps.at(-1)?.step ?? "" },
  ])
    draw(svg, "text", "", where).textContent = of;
  const share = `${Math.round(coverage * 100)} %`;
  const age = old > 0 ? `, ${old} ${/^\d/.test(every) ? "steps" : every}${old === 1 || /^\d/.test(every) ? "" : "s"} ago` : "";
  const says =
    `${series}: ${said(total.mean)} expected from ${steps[0]?.step} to ${steps.at(-1)?.step}, in ${share} of cases from ${said(total.lower)} to ${said(total.upper)}. ` +
    `Seen until ${until}${age}.`;
  svg.setAttribute("aria-label", says);
  text(within(figure, "figcaption"), `${says} The band holds ${share} of the values.`);
  text(within(figure, "th"), every);
  const body = within(figure, "tbody");
  body.replaceChildren(
    ...steps.map(({ step, mean, lower: low, upper: high }) => {
      const row = document.createElement("tr");
      for (const cell of [step, said(mean), `${said(low)} to ${said(high)}`]) {
        const data = document.createElement("td");
        data.textContent = cell;
        row.append(data);
      }
      return row;
    }),
  );
}
