// @ts-check
/**
 * The status page: asks the API every few seconds and writes what it says into the page. Text goes in as text, never as markup.
 * Elements are made once and then changed in place, so that nothing jumps while a number moves.
 *
 * @typedef {{ use_case: string, task: "classify" | "regress" | "forecast" | "detect", takes: "records" | "points", autonomy: string, version: number | null }} UseCase
 * @typedef {{ at: string, paths: Record<string, number>, latency_ms: number }} Minute
 * @typedef {{ minutes: Minute[], until: string }} Activity
 * @typedef {{ coverage: number, precision: number }} CoveragePoint
 * @typedef {{ confidence: number, right: number, rows: number }} ReliabilityPoint
 * @typedef {{ threshold: number, coverage: number, precision: number | null, precision_wanted: number }} Confident
 * @typedef {{ field: string, outcome: string | null, points: { at: number | string, effect: number }[] }} Effect
 * @typedef {{ task: "classify", effects?: Effect[], model: { accuracy: number }, baselines: { majority: { accuracy: number }, rules: { accuracy: number } | null }, confident: Confident, risk_coverage?: { points: CoveragePoint[] }, calibration: { reliability?: ReliabilityPoint[] } }} OutcomesEvaluation
 * @typedef {{ task: "regress", effects?: Effect[], model: { mae: number }, baselines: { mean: { mae: number }, rules: { mae: number } | null } }} NumberEvaluation
 * @typedef {{ task: "detect", effects?: undefined, alarms: { raised: number, promised: number } }} AlarmEvaluation
 * @typedef {{ task: "forecast", effects?: undefined, model: { mae: number }, baselines: { seasonal_naive: { mae: number } } }} AheadEvaluation
 * @typedef {OutcomesEvaluation | NumberEvaluation | AlarmEvaluation | AheadEvaluation} Evaluation
 * @typedef {{ version: number, evaluation: Evaluation }} Model
 * @typedef {{ id: string, use_case: string, suggestion: string | null, opened_at: string }} Review
 * @typedef {{ activity: Activity | null, model: Model | null, watched: import("./alarms.js").Watched | null, forecast: import("./ahead.js").Forecast | null }} Details
 * @typedef {{ version: string, ready: boolean, details: Record<string, string> }} Status
 */

import { newWatchedCard, showWatched } from "./alarms.js";
import { drawnVersion, hideForecast, showForecast, shownHistory } from "./ahead.js";
import { amount, draw, element, percent, sum, text, within } from "./page.js";

const pollMs = 3000;
const shownReviews = 10;
const shownAlarms = 4;
const measures = {
  classify: "Held-out accuracy",
  regress: "Held-out mean error",
  forecast: "Held-out mean error",
  detect: "Held-out alarms",
};
const minuteMs = 60_000;
const paths = ["model", "rules_first", "rules", "review", "default"];
const autonomyMeans = new Map([
  ["observe", "the model is only logged"],
  ["shadow", "the model decides beside the present way, unseen"],
  ["suggest", "a person confirms what the model suggests"],
  ["veto", "the model acts unless a person objects in time"],
  ["act", "the model acts"],
]);

const form = /** @type {HTMLFormElement} */ (element("sign-in"));
const input = /** @type {HTMLInputElement} */ (element("key"));
/** @type {string | null} */
let key = sessionStorage.getItem("inlay-key");
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** Rises when the page starts over; what was asked before is dropped. */
let session = 0;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  key = input.value.trim();
  sessionStorage.setItem("inlay-key", key);
  input.value = "";
  text(element("key-problem"), "");
  restart();
});
element("forget").addEventListener("click", () => {
  signOut("");
  restart();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) restart();
});
restart();

function restart() {
  clearTimeout(timer);
  session++;
  void poll(session);
}

/** @param {number} mine */
async function poll(mine) {
  try {
    showReadiness((await fetch("/readyz")).ok ? "ready" : "unready");
    if (key === null) askForKey();
    else await showStatus(mine);
  } catch (error) {
    if (mine !== session) return;
    if (error instanceof Problem && error.status === 401) signOut(error.spoken);
    else showTrouble(error);
  }
  if (mine === session && !document.hidden) timer = setTimeout(() => void poll(mine), pollMs);
}

/** @param {number} mine */
async function showStatus(mine) {
  const [status, { use_cases: useCases }, reviews] = await Promise.all([
    ask(/** @type {Status | null} */ (null), "/v1/status"),
    ask(/** @type {{ use_cases: UseCase[] } | null} */ (null), "/v1/use-cases"),
    allowed(
      ask(
        /** @type {{ reviews: Review[], next: string | null } | null} */ (null),
        `/v1/reviews?status=open&limit=${shownReviews}`,
      ),
    ),
  ]);
  const details = await Promise.all(
    useCases.map(async ({ use_case: name, task, takes, version }) => {
      const base = `/v1/use-cases/${encodeURIComponent(name)}`;
      if (takes === "points") {
        const query = `use_case=${encodeURIComponent(name)}&limit=${shownAlarms}`;
        const [summary, page] = await Promise.all([
          allowed(ask(/** @type {import("./alarms.js").Summary | null} */ (null), `${base}/alarms`)),
          allowed(ask(/** @type {{ alarms: import("./alarms.js").Alarm[] } | null} */ (null), `/v1/alarms?${query}`)),
        ]);
        return { activity: null, model: null, forecast: null, watched: summary && page && { summary, alarms: page.alarms } };
      }
      const [activity, model, forecast] = await Promise.all([
        allowed(ask(/** @type {Activity | null} */ (null), `${base}/activity`)),
        version === null ? null : allowed(ask(/** @type {Model | null} */ (null), `${base}/models/${version}`)),
        task !== "forecast" || version === null || version === drawnVersion(cardOf(name))
          ? null
          : allowed(
              ask(/** @type {import("./ahead.js").Forecast | null} */ (null), `${base}/forecast?limit=1&history=${shownHistory}`),
            ),
      ]);
      return { activity, model, forecast, watched: null };
    }),
  );
  if (mine !== session) return;
  form.hidden = true;
  element("forget").hidden = false;
  element("status").hidden = false;
  element("status").dataset["stale"] = "false";
  element("trouble").hidden = status.ready;
  if (!status.ready)
    text(
      element("trouble"),
      `Not ready: ${Object.entries(status.details)
        .map(([what, how]) => `${what}: ${how}`)
        .join("; ")}`,
    );
  text(element("server"), `Inlay ${status.version}, as of ${new Date().toLocaleTimeString()}`);
  showUseCases(useCases, details);
  showReviews(reviews);
}

/**
 * @param {UseCase[]} useCases
 * @param {Details[]} details
 */
function showUseCases(useCases, details) {
  const list = element("use-cases");
  element("no-use-cases").hidden = useCases.length > 0;
  for (const card of Array.from(list.children))
    if (!useCases.some(({ use_case }) => use_case === /** @type {HTMLElement} */ (card).dataset["name"])) card.remove();
  for (const [at, useCase] of useCases.entries()) {
    const { activity, model, watched, forecast } = details[at] ?? { activity: null, model: null, watched: null, forecast: null };
    const card =
      cardOf(useCase.use_case) ?? (useCase.takes === "points" ? newWatchedCard(useCase.use_case) : newCard(useCase.use_case));
    if (!card.isConnected) list.append(card);
    if (useCase.takes === "points") {
      text(within(card, ".decider"), useCase.version === null ? "not watched yet" : `watched by version ${useCase.version}`);
      showWatched(card, watched);
      continue;
    }
    text(
      within(card, ".decider"),
      useCase.version === null ? "no model: rules and people decide" : `model version ${useCase.version}`,
    );
    text(within(card, ".autonomy strong"), useCase.autonomy);
    text(within(card, ".autonomy span"), autonomyMeans.get(useCase.autonomy) ?? "");
    showActivity(card, activity);
    const accuracy = within(card, ".accuracy");
    const [figure, baseline] = model ? headline(model.evaluation) : ["–", ""];
    text(accuracy, figure, baseline);
    text(within(card, ".measure"), measures[model?.evaluation.task ?? useCase.task]);
    showFigures(card, model);
    showEffects(card, model);
    if (useCase.version === null) hideForecast(card);
    else if (forecast) showForecast(card, forecast);
  }
}

/** @param {string} name @returns {Element | undefined} */
function cardOf(name) {
  return Array.from(element("use-cases").children).find((one) => /** @type {HTMLElement} */ (one).dataset["name"] === name);
}

/** @param {string} name */
function newCard(name) {
  const template = /** @type {HTMLTemplateElement} */ (element("use-case"));
  const card = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
  card.dataset["name"] = name;
  text(within(card, "h3"), name);
  const chart = within(card, ".hour");
  for (let minute = 0; minute < 60; minute++) {
    for (const path of paths) {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      bar.dataset["path"] = path;
      bar.setAttribute("x", String(minute * 10 + 1));
      bar.setAttribute("width", "8");
      bar.setAttribute("height", "0");
      chart.append(bar);
    }
  }
  return card;
}

/**
 * @param {Element} card
 * @param {Activity | null} activity null where the key may not read it
 */
function showActivity(card, activity) {
  const minutes = activity?.minutes ?? [];
  const counts = paths.map((path) => sum(minutes.map((minute) => minute.paths[path] ?? 0)));
  const total = sum(counts);
  const latency = sum(minutes.map((minute) => minute.latency_ms * sum(Object.values(minute.paths)))) / total;
  text(within(card, ".decisions"), activity ? total.toLocaleString() : "–");
  text(within(card, ".share"), total > 0 ? percent((counts[0] ?? 0) / total) : "–");
  text(within(card, ".latency"), total > 0 ? `${latency.toFixed(latency < 10 ? 1 : 0)} ms` : "–");
  const chart = within(card, ".hour");
  chart.setAttribute(
    "aria-label",
    !activity
      ? "The key may not read the decisions"
      : total === 0
        ? "No decisions in the last hour"
        : `Decisions of the last hour: ${paths.map((path, at) => `${counts[at]} ${path.replace("_", " ")}`).join(", ")}`,
  );
  const now = Math.floor(Date.parse(activity?.until ?? "") / minuteMs);
  const byAge = new Map(minutes.map((minute) => [now - Math.floor(Date.parse(minute.at) / minuteMs), minute.paths]));
  const highest = Math.max(1, ...minutes.map((minute) => sum(Object.values(minute.paths))));
  for (let minute = 0; minute < 60; minute++) {
    let top = 48;
    for (const [at, path] of paths.entries()) {
      const height = ((byAge.get(59 - minute)?.[path] ?? 0) / highest) * 46;
      top -= height;
      const bar = chart.children[minute * paths.length + at];
      bar?.setAttribute("y", top.toFixed(2));
      bar?.setAttribute("height", height.toFixed(2));
    }
  }
}

/**
 * How good a model is, and the best that can be had without one: how often it is right, or how far off its numbers are on average.
 *
 * @param {Evaluation} evaluation
 * @returns {[string, string]}
 */
function headline(evaluation) {
  if (evaluation.task === "forecast") {
    const { model, baselines } = evaluation;
    return [`± ${amount(model.mae)}`, ` naive ${amount(baselines.seasonal_naive.mae)}`];
  }
  if (evaluation.task === "detect") {
    return [
      String(evaluation.alarms.raised),
      ` promised ${Number(evaluation.alarms.promised.toPrecision(2)).toLocaleString("en")}`,
    ];
  }
  if (evaluation.task === "regress") {
    const { model, baselines } = evaluation;
    return [`± ${amount(model.mae)}`, ` baseline ${amount(Math.min(baselines.mean.mae, baselines.rules?.mae ?? Infinity))}`];
  }
  const { model, baselines } = evaluation;
  return [percent(model.accuracy), ` baseline ${percent(Math.max(baselines.majority.accuracy, baselines.rules?.accuracy ?? 0))}`];
}

/**
 * What the model was worth on held-out rows, drawn once a version. A version that was evaluated before there were such figures has none.
 *
 * @param {Element} card
 * @param {Model | null} model
 */
function showFigures(card, model) {
  const figures = /** @type {HTMLElement} */ (within(card, ".figures"));
  const evaluation = model?.evaluation.task === "classify" ? model.evaluation : null;
  const points = evaluation?.risk_coverage?.points ?? [];
  const groups = evaluation?.calibration.reliability ?? [];
  figures.hidden = points.length === 0 || groups.length === 0;
  if (figures.hidden || !model || !evaluation || figures.dataset["version"] === String(model.version)) return;
  figures.dataset["version"] = String(model.version);
  const { confident } = evaluation;

  const coverage = within(figures, ".coverage");
  const least = Math.min(confident.precision_wanted, ...points.map(({ precision }) => precision));
  const floor = Math.floor(Math.max(0, least - 0.02) * 20) / 20;
  const place = plot(coverage, floor, "0 %", "of the records 100 %");
  draw(coverage, "line", "exact", {
    ...ends("1", place(0, confident.precision_wanted)),
    ...ends("2", place(1, confident.precision_wanted)),
  });
  draw(coverage, "polyline", "curve", { points: points.map((one) => place(one.coverage, one.precision).join()).join(" ") });
  const alone = confident.threshold <= 1 && confident.precision !== null;
  if (alone) {
    const [cx, cy] = place(confident.coverage, confident.precision ?? 0);
    draw(coverage, "circle", "now", { cx, cy, r: "4" });
  }
  const says = alone
    ? `Alone it decides ${percent(confident.coverage)} of the records, right in ${percent(confident.precision ?? 0)}; ${percent(confident.precision_wanted)} is wanted.`
    : `At no confidence is it right in ${percent(confident.precision_wanted)}, so it decides nothing alone.`;
  coverage.setAttribute("aria-label", `Precision over the share of records it would decide alone. ${says}`);
  text(within(figures, ".coverage + figcaption"), `Right, over the share decided alone. ${says}`);

  const reliability = within(figures, ".reliability");
  const at = plot(reliability, 0, "0 %", "confidence 100 %");
  draw(reliability, "line", "exact", { ...ends("1", at(0, 0)), ...ends("2", at(1, 1)) });
  for (const { confidence, right } of groups) {
    const [cx, cy] = at(confidence, right);
    draw(reliability, "circle", "", { cx, cy, r: "3.5" });
  }
  const spoken = groups.map(({ confidence, right }) => `${percent(confidence)} sure, ${percent(right)} right`).join("; ");
  reliability.setAttribute("aria-label", `How often confidences are right: ${spoken}`);
  text(
    within(figures, ".reliability + figcaption"),
    "How often it is right, by how sure it says it is. On the line it is as good as its word.",
  );
}

/** Fields that are drawn, those that the model leans on most. */
const drawnEffects = 3;

/**
 * How predictions go with the fields that the model leans on most, drawn once a version: a line over numbers, a bar for each level.
 *
 * @param {Element} card
 * @param {Model | null} model
 */
function showEffects(card, model) {
  const list = /** @type {HTMLElement} */ (within(card, ".effects"));
  const effects = (model?.evaluation.effects ?? []).slice(0, drawnEffects);
  list.hidden = effects.length === 0;
  if (list.hidden || !model || list.dataset["version"] === String(model.version)) return;
  list.dataset["version"] = String(model.version);
  list.replaceChildren(...effects.map(effectFigure));
}

/** @param {Effect} effect */
function effectFigure({ field, outcome, points }) {
  const figure = document.createElement("figure");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "-4 -4 238 88");
  svg.setAttribute("role", "img");
  const heights = points.map(({ effect }) => effect);
  const [least, most] = [Math.min(0, ...heights), Math.max(0, ...heights)];
  const y = (/** @type {number} */ effect) => (80 * (1 - (effect - least) / (most - least || 1))).toFixed(1);
  draw(svg, "line", "exact", { x1: "0", y1: y(0), x2: "230", y2: y(0) });
  const [first, last] = [points[0]?.at, points.at(-1)?.at];
  if (typeof first === "number" && typeof last === "number") {
    const x = (/** @type {number | string} */ at) => ((230 * (Number(at) - first)) / (last - first)).toFixed(1);
    draw(svg, "polyline", "curve", { points: points.map(({ at, effect }) => `${x(at)},${y(effect)}`).join(" ") });
  } else {
    const width = 230 / points.length;
    for (const [at, { effect }] of points.entries()) {
      const top = Math.min(Number(y(effect)), Number(y(0)));
      const height = Math.abs(Number(y(effect)) - Number(y(0)));
      draw(svg, "rect", "", {
        x: (at * width + 2).toFixed(1),
        y: top.toFixed(1),
        width: (width - 4).toFixed(1),
        height: height.toFixed(1),
      });
    }
  }
  const moved = (/** @type {number} */ effect) =>
    outcome === null
      ? `${effect > 0 ? "+" : ""}${amount(effect)}`
      : `${effect > 0 ? "+" : ""}${(effect * 100).toFixed(1)} points`;
  const named = (/** @type {number | string} */ at) =>
    typeof at === "number" ? Number(at.toPrecision(4)).toLocaleString("en") : at;
  const ends = [points.reduce((a, b) => (b.effect < a.effect ? b : a)), points.reduce((a, b) => (b.effect > a.effect ? b : a))];
  const says = ends.map(({ at, effect }) => `${named(at)}: ${moved(effect)}`).join(", ");
  const of = outcome === null ? "the value" : `the probability of ${outcome}`;
  svg.setAttribute("aria-label", `How ${of} goes with ${field}. Least and most: ${says}`);
  const caption = document.createElement("figcaption");
  caption.className = "quiet";
  text(caption, `${field} moves ${of}: ${says}.`);
  figure.append(svg, caption);
  return figure;
}

/**
 * An empty plot with axes; the answer places points of [0, 1] by [floor, 1] in it.
 *
 * @param {Element} svg
 * @param {number} floor
 * @param {string} left
 * @param {string} right
 * @returns {(x: number, y: number) => [string, string]}
 */
function plot(svg, floor, left, right) {
  svg.replaceChildren();
  draw(svg, "path", "axis", { d: "M0 0V110H230" });
  const labels = [
    { x: "-4", y: "5", "text-anchor": "end", of: "100 %" },
    { x: "-4", y: "111", "text-anchor": "end", of: `${Math.round(floor * 100)} %` },
    { x: "0", y: "123", "text-anchor": "start", of: left },
    { x: "230", y: "123", "text-anchor": "end", of: right },
  ];
  for (const { of, ...where } of labels) draw(svg, "text", "", where).textContent = of;
  return (x, y) => [(x * 230).toFixed(1), (110 * (1 - (y - floor) / (1 - floor))).toFixed(1)];
}

/** @param {string} end @param {[string, string]} point @returns {Record<string, string>} */
function ends(end, [x, y]) {
  return { [`x${end}`]: x, [`y${end}`]: y };
}

/** @param {{ reviews: Review[], next: string | null } | null} page null where the key may not read them */
function showReviews(page) {
  const { reviews, next } = page ?? { reviews: [], next: null };
  const table = element("reviews");
  table.hidden = reviews.length === 0;
  const none = element("no-reviews");
  none.hidden = reviews.length > 0;
  text(none, page ? "Nothing waits." : "This key may not read reviews.");
  text(element("review-count"), reviews.length === 0 ? "" : `${reviews.length}${next === null ? "" : "+"}`);
  const body = within(table, "tbody");
  while (body.children.length > reviews.length) body.lastElementChild?.remove();
  for (const [at, review] of reviews.entries()) {
    const row = body.children[at] ?? body.appendChild(newRow());
    const cells = [review.use_case, review.suggestion ?? "nothing", since(review.opened_at), review.id];
    for (const [column, cell] of cells.entries()) text(/** @type {Element} */ (row.children[column]), cell);
  }
}

function newRow() {
  const row = document.createElement("tr");
  for (let column = 0; column < 4; column++) row.append(document.createElement("td"));
  row.lastElementChild?.classList.add("id");
  return row;
}

/** @param {"ready" | "unready" | "away"} state */
function showReadiness(state) {
  const pill = element("readiness");
  pill.dataset["state"] = state;
  text(pill, { ready: "ready", unready: "not ready", away: "no answer" }[state]);
}

/** @param {unknown} error */
function showTrouble(error) {
  if (!(error instanceof Problem)) showReadiness("away");
  element("status").hidden = key === null;
  element("status").dataset["stale"] = "true";
  const trouble = element("trouble");
  trouble.hidden = false;
  text(
    trouble,
    error instanceof Problem ? error.spoken : "The server does not answer. What is below is from before; trying again.",
  );
}

/** @param {string} problem */
function signOut(problem) {
  key = null;
  sessionStorage.removeItem("inlay-key");
  text(element("key-problem"), problem);
  input.setAttribute("aria-invalid", String(problem !== ""));
  askForKey();
}

function askForKey() {
  element("status").hidden = true;
  element("forget").hidden = true;
  text(element("server"), "");
  if (!form.hidden) return;
  form.hidden = false;
  input.focus();
}

class Problem extends Error {
  /** @param {{ status: number, detail: string, fix: string }} body */
  constructor(body) {
    super(body.detail);
    this.status = body.status;
    /** For people: without the marks around commands. */
    this.spoken = `${body.detail}. ${body.fix}`.replaceAll("`", "");
  }
}

/**
 * @template T
 * @param {T | null} _shape names the type of the answer
 * @param {string} path
 * @returns {Promise<T>}
 */
async function ask(_shape, path) {
  const response = await fetch(path, { headers: { authorization: `Bearer ${key}` } });
  if (response.ok) return response.json();
  throw new Problem(await response.json());
}

/**
 * null where the key may not.
 *
 * @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T | null>}
 */
async function allowed(answer) {
  return answer.catch((error) => {
    if (error instanceof Problem && error.status === 403) return null;
    throw error;
  });
}

/** @param {string} instant */
function since(instant) {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(instant)) / minuteMs));
  if (minutes < 1) return "under 1 min";
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}
