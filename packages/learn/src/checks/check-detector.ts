/**
 * What every detector of anomalies in series must keep: a list of named checks over one, to be run by any test runner. Each fails with an error that says
 * what was seen.
 *
 * @example
 * for (const check of detectorChecks) test(check.name, () => check.run({ create: createDetector, load: loadDetector }));
 */
import type { Detector } from "../anomaly/detector.ts";
import { findingAt, newFindings } from "../anomaly/finding.ts";
import type { AnomalyKind, Finding } from "../anomaly/finding.ts";
import { detectorDefaults } from "../anomaly/settings.ts";
import type { DetectorSettings } from "../anomaly/settings.ts";
import { seeded } from "../math/random.ts";
import type { SavedModel } from "../model.ts";
import { decodeModel, encodeModel } from "../tensors.ts";
import { ensure, equal, sameBytes } from "./assert.ts";

export interface CheckedDetector {
  create(settings: DetectorSettings, series?: number): Detector;
  load(saved: SavedModel): Detector;
}

export interface DetectorCheck {
  readonly name: string;
  /** @throws Error where the detector does not keep it */
  run(detector: CheckedDetector): void;
}

const every = detectorDefaults.every;
const DAY = 86_400_000;
const perDay = DAY / every;
const start = Date.UTC(2024, 0, 1);
const timeAt = (step: number): number => start + step * every;

/** Standard normal values by Box and Muller. */
function normal(seed: number): () => number {
  const random = seeded(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** A day's wave with noise. */
function ordinary(seed: number): (step: number) => number {
  const noise = normal(seed);
  return (step) => 100 + 10 * Math.sin((2 * Math.PI * step) / perDay) + noise();
}

/** Ten days of ordinary values learnt, and the source of those that follow. */
function taught(
  { create }: CheckedDetector,
  settings: DetectorSettings = detectorDefaults,
): { detector: Detector; next: (step: number) => number } {
  const detector = create(settings, 1);
  const next = ordinary(3);
  for (let step = 0; step < 10 * perDay; step++) detector.observe(0, timeAt(step), next(step));
  return { detector, next };
}

const from = 10 * perDay;

/** Alarms of some steps after the days that were taught. */
function alarmsOf(detector: Detector, steps: number, valueAt: (step: number) => number): { step: number; kind: AnomalyKind }[] {
  const found: { step: number; kind: AnomalyKind }[] = [];
  for (let step = from; step < from + steps; step++) {
    const finding = detector.observe(0, timeAt(step), valueAt(step));
    if (finding.event === "starts") found.push({ step: step - from, kind: finding.kind });
  }
  return found;
}

function proper(finding: Finding, what: string): void {
  const { score, expected, lower, upper } = finding;
  ensure(score >= 0 && score < 1, `${what}: the score is ${score}`);
  ensure([expected, lower, upper].every(Number.isFinite), `${what}: ${lower} to ${upper} about ${expected}`);
  ensure(lower <= expected && expected <= upper, `${what}: ${lower} to ${upper} about ${expected}`);
}

export const detectorChecks: readonly DetectorCheck[] = [
  {
    name: "a series takes less than 2 KB",
    run({ create }) {
      const { bytesPerSeries } = create(detectorDefaults, 1);
      ensure(bytesPerSeries < 2048, `it takes ${bytesPerSeries} bytes`);
    },
  },
  {
    name: "a block is answered as one value after the other, and series do not touch each other",
    run({ create }) {
      const [many, single] = [create(detectorDefaults, 3), [0, 1, 2].map(() => create(detectorDefaults, 1))];
      const sources = [0, 1, 2].map((slot) => ordinary(slot + 1));
      const steps = 400;
      const slots = Uint32Array.from({ length: 3 * steps }, (_, at) => at % 3);
      const times = Float64Array.from(slots, (_, at) => timeAt(Math.floor(at / 3)));
      const values = Float64Array.from(slots, (slot, at) => sources[slot]!(Math.floor(at / 3)) + (at % 301 === 300 ? 50 : 0));
      const out = newFindings(slots.length);
      many.observeMany(slots, times, values, out);
      slots.forEach((slot, at) => {
        equal(findingAt(out, at), single[slot]!.observe(0, times[at]!, values[at]!), `value ${at} of series ${slot}`);
      });
      equal(
        [0, 1, 2].map((slot) => many.event(slot)),
        single.map((one) => one.event(0)),
        "the events",
      );
    },
  },
  {
    name: "a detector saved and loaded goes on the same, and saves the same bytes",
    run(checked) {
      const { detector, next } = taught(checked);
      const bytes = encodeModel(detector.save());
      const loaded = checked.load(decodeModel(bytes));
      ensure(sameBytes(encodeModel(loaded.save()), bytes), "saving what was loaded gives other bytes");
      for (let step = from; step < from + 50; step++) {
        const value = next(step) + (step === from + 30 ? 80 : 0);
        equal(loaded.observe(0, timeAt(step), value), detector.observe(0, timeAt(step), value), `value ${step}`);
      }
    },
  },
  {
    name: "a series taken out and put into another detector goes on the same; what is no series is refused and changes nothing",
    run(checked) {
      const { detector, next } = taught(checked);
      const other = checked.create(detectorDefaults);
      other.add(5);
      other.put(4, detector.take(0));
      for (const wrong of [
        new Uint8Array(3),
        detector.take(0).fill(255),
        checked.create({ ...detectorDefaults, every: every * 2 }, 1).take(0),
      ]) {
        const refused = ((): boolean => {
          try {
            other.put(4, wrong);
            return false;
          } catch {
            return true;
          }
        })();
        ensure(refused, `${wrong.length} wrong bytes were taken for a series`);
      }
      for (let step = from; step < from + 50; step++) {
        const value = next(step) + (step === from + 30 ? 80 : 0);
        equal(other.observe(4, timeAt(step), value), detector.observe(0, timeAt(step), value), `value ${step}`);
      }
      equal(other.lastTime(3), null, "the last time of a slot beside it");
      other.clear(4);
      equal([other.lastTime(4), other.event(4)], [null, null], "what a cleared slot knows");
    },
  },
  {
    name: "a value far off is alarmed at once, once, with what was expected; and the event ends",
    run(checked) {
      const { detector, next } = taught(checked);
      const found = alarmsOf(detector, 60, (step) => next(step) + (step === from + 20 ? 60 : 0));
      equal(
        found.map(({ step }) => step),
        [20],
        "the steps of the alarms",
      );
      const event = detector.event(0)!;
      equal([event.start, event.open], [timeAt(from + 20), false], "start of the event, and whether it is open");
      ensure(event.peak >= event.start && event.end >= event.peak, `start ${event.start}, peak ${event.peak}, end ${event.end}`);
      ensure(Math.abs(event.value - event.expected) > 30, `the peak is ${event.value}, expected was ${event.expected}`);
    },
  },
  {
    name: "a level that shifts, a day without its pattern and values that scatter are alarmed within an hour",
    run(checked) {
      const wrong = normal(9);
      const changes: readonly [string, (ordinary: number, step: number) => number][] = [
        ["a shift by five deviations", (value) => value + 5],
        ["the turned wave", (value) => 200 - value],
        ["six times the noise", (value) => value + 6 * wrong()],
      ];
      for (const [what, change] of changes) {
        const { detector, next } = taught(checked);
        const early = perDay / 4; // where the wave is at its height
        const found = alarmsOf(detector, early + 12, (step) => (step < from + early ? next(step) : change(next(step), step)));
        ensure(
          found.some(({ step }) => step >= early),
          `${what}: alarms at ${JSON.stringify(found)}`,
        );
        ensure(
          found.every(({ step }) => step >= early),
          `${what}: an alarm before it at ${JSON.stringify(found)}`,
        );
      }
    },
  },
  {
    name: "values that stay away, or stand still, are alarmed as what they are",
    run(checked) {
      const away = taught(checked);
      const found = alarmsOf(away.detector, 6, () => Number.NaN);
      equal(
        found.map(({ kind }) => kind),
        ["missing"],
        "the kinds of alarms",
      );
      const later = taught(checked);
      const after = later.detector.observe(0, timeAt(from + 12), later.next(from + 12));
      equal([after.kind, after.event], ["missing", "starts"], "the first value after an hour without");
      const still = taught(checked);
      const last = still.next(from);
      equal(alarmsOf(still.detector, 20, () => last)[0]?.kind, "frequency", "the kind of the alarm");
    },
  },
  {
    name: "values of a known event are judged, but neither alarmed nor learnt from",
    run(checked) {
      const { detector, next } = taught(checked);
      const before = detector.observe(0, timeAt(from), next(from));
      for (let step = from + 1; step < from + 13; step++) {
        const finding = detector.observe(0, timeAt(step), 900, true);
        equal([finding.outcome, finding.event], ["known", "none"], `value ${step}`);
        ensure(finding.score > 0.99, `the score of a known anomaly is ${finding.score}`);
      }
      const after = detector.observe(0, timeAt(from + 13), next(from + 13));
      ensure(
        Math.abs(after.expected - before.expected) < 5,
        `${after.expected} is expected after it, ${before.expected} before it`,
      );
      equal([after.event, detector.event(0)], ["none", null], "alarms");
    },
  },
  {
    name: "a pattern of the day is no anomaly, although it comes a little early or late",
    run({ create }) {
      const detector = create(detectorDefaults, 1);
      const noise = normal(5);
      const late = seeded(6);
      let alarms = 0;
      let spikeAt = 100;
      for (let step = 0; step < 20 * perDay; step++) {
        if (step % perDay === 0) spikeAt = 98 + late.below(5);
        const spike = step % perDay === spikeAt ? 40 : 0;
        const { event } = detector.observe(0, timeAt(step), 5 + spike + noise());
        if (event === "starts" && step > 10 * perDay && spike > 0) alarms++;
      }
      ensure(alarms <= 1, `${alarms} of ten daily spikes were alarmed`);
    },
  },
  {
    name: "days of the week differ: weekends are no anomalies, and do not hide what is one on a workday",
    run({ create }) {
      const detector = create(detectorDefaults, 1);
      const noise = normal(8);
      const alarms: number[] = [];
      const days = 28;
      const odd = 24 * perDay + perDay / 2; // noon of a Thursday
      for (let step = 0; step < days * perDay; step++) {
        const day = Math.floor(step / perDay) % 7; // the first is a Monday
        const load = (day >= 5 ? 20 : 100) * (0.3 + Math.max(0, Math.sin((2 * Math.PI * (step - perDay / 4)) / perDay)));
        const { event } = detector.observe(0, timeAt(step), load + 5 * noise() + (step === odd ? 60 : 0));
        if (event === "starts" && step >= 14 * perDay) alarms.push(step);
      }
      ensure(alarms.includes(odd), `alarms at ${alarms.join(", ")}, none at ${odd}`);
      ensure(alarms.length <= 1 + 4 + 4, `${alarms.length - 1} other alarms in two weeks; four were promised`);
    },
  },
  {
    name: "series without anomalies get no more alarms than promised, and seldom two in a row",
    run({ create }) {
      const series = 60;
      const weeks = 4;
      const promisedEvery = 3.5 * perDay;
      const detector = create(detectorDefaults, series);
      const noise = normal(7);
      const slots = Uint32Array.from({ length: series }, (_, slot) => slot);
      const out = newFindings(series);
      let alarms = 0;
      let soon = 0;
      let beyond = 0;
      const ended = new Float64Array(series).fill(-Infinity);
      const steps = weeks * 7 * perDay;
      for (let step = 0; step < steps; step++) {
        detector.observeMany(slots, new Float64Array(series).fill(timeAt(step)), Float64Array.from(slots, noise), out);
        for (let slot = 0; slot < series; slot++) {
          if (out.event[slot] === 1) {
            alarms++;
            if (step - ended[slot]! < promisedEvery / 4) soon++;
          }
          if (out.event[slot] !== 0) ended[slot] = step;
          if (out.score[slot]! > 0.99) beyond++;
        }
      }
      const promised = 2 * weeks * series;
      // The upper end of the 95 % interval of a Poisson count.
      ensure(alarms <= promised + 1.96 * Math.sqrt(promised), `${alarms} alarms, ${promised} were promised`);
      ensure(alarms > promised / 5, `${alarms} alarms of ${promised} that are allowed: nothing would be found`);
      // At an equal rate all along, a share of 0.22 would come in the first quarter.
      ensure(soon < 0.15 * alarms, `${soon} of ${alarms} alarms came within a quarter of the promised time after an event`);
      const share = beyond / steps / series;
      ensure(share > 0.002 && share < 0.02, `a share of ${share} has a score above 0.99`);
    },
  },
  {
    name: "a share of the budget gives a series more alarms or mutes it, or one kind of its alarms, and no other",
    run(checked) {
      const one = taught(checked);
      one.detector.setShare(0, 0);
      const jump = (next: (step: number) => number) => (step: number) => next(step) + (step === from + 5 ? 60 : 0);
      equal(alarmsOf(one.detector, 10, jump(one.next)), [], "alarms of a muted series");
      const other = taught(checked);
      other.detector.setShare(0, 0, "missing");
      equal(
        alarmsOf(other.detector, 6, () => Number.NaN),
        [],
        "alarms of the muted kind",
      );
      const noise = normal(10);
      const many = checked.create(detectorDefaults, 40);
      for (let slot = 20; slot < 40; slot++) many.setShare(slot, 4);
      const alarms = [0, 0];
      for (let step = 0; step < 28 * perDay; step++) {
        for (let slot = 0; slot < 40; slot++) {
          if (many.observe(slot, timeAt(step), noise()).event === "starts") alarms[slot < 20 ? 0 : 1]! += 1;
        }
      }
      ensure(alarms[1]! > 2 * alarms[0]!, `${alarms[1]} alarms with four times the budget, ${alarms[0]} with the budget`);
      const third = taught(checked);
      third.detector.setShare(0, 0, "missing");
      equal(alarmsOf(third.detector, 10, jump(third.next)).length, 1, "alarms of a kind that is not muted");
    },
  },
  {
    name: "times that run backwards or repeat are left aside; one wrong time in the future does not end a series",
    run(checked) {
      const { detector, next } = taught(checked);
      const state = detector.take(0);
      for (const time of [timeAt(from - 1), timeAt(3), Number.NaN, Infinity, -Infinity]) {
        const finding = detector.observe(0, time, 5000);
        proper(finding, `time ${time}`);
        equal([finding.outcome, finding.event], ["late", "none"], `time ${time}`);
      }
      const clean = checked.create(detectorDefaults, 1);
      clean.put(0, state);
      const [value, time] = [next(from), timeAt(from)];
      equal(detector.observe(0, time, value), clean.observe(0, time, value), "the value after them");
      detector.observe(0, Date.UTC(9999, 0), next(from + 1));
      let judged = 0;
      for (let step = from + 2; step < from + 40; step++) {
        if (detector.observe(0, timeAt(step), next(step)).outcome === "judged") judged++;
      }
      ensure(judged >= 25, `${judged} of 38 values after a time in the year 9999 were judged`);
    },
  },
  {
    name: "odd values and odd series are answered with numbers",
    run({ create }) {
      const odd = [1e308, -1e308, 0, Infinity, -Infinity, Number.NaN, 1e-320, -0, 1e30, 5];
      const series: Readonly<Record<string, (step: number) => number>> = {
        constant: () => 7,
        "constant and 0": () => 0,
        "one value, then nothing": (step) => (step === 0 ? 3 : Number.NaN),
        "never a value": () => Number.NaN,
        "odd values": (step) => odd[step % odd.length]!,
        "a constant that jumps": (step) => (step < 300 ? 1 : 1e12),
        "growing without end": (step) => 2 ** (step % 1000),
        "small about a great level": (step) => 1e9 + (step % 7) * 1e-3,
      };
      for (const [name, valueAt] of Object.entries(series)) {
        const detector = create(detectorDefaults, 1);
        for (let step = 0; step < 700; step++) proper(detector.observe(0, timeAt(step), valueAt(step)), `${name}, step ${step}`);
        ensure(!encodesNaN(detector), `${name}: the state holds what is no number`);
      }
      const [first, single] = [create(detectorDefaults, 1), create({ ...detectorDefaults, seasons: [] }, 1)];
      proper(first.observe(0, start, 5), "the first value");
      equal(first.observe(0, timeAt(1), 5).outcome, "warming", "the outcome of the second");
      for (let step = 0; step < 300; step++) proper(single.observe(0, timeAt(step), step), "without seasons");
    },
  },
  {
    name: "whatever comes, and at whatever times, alarms keep about to what was promised",
    run({ create }) {
      const noise = normal(11);
      const chance = seeded(12);
      const weeks = 4;
      const series: Readonly<Record<string, (step: number) => number>> = {
        "huge noise": () => 1e300 * noise(),
        "noise about a huge level": () => 1e30 * (1 + 1e-12 * noise()),
        "tiny noise": () => 1e-300 * noise(),
        "the least there is": () => 5e-324 * chance.below(5),
        "noise far below its level": () => 1e9 + 1e-6 * noise(),
        "one huge value": (step) => (step === 3000 ? 1e300 : noise()),
        "a huge value now and then": (step) => (step % 500 === 499 ? 1e300 : noise()),
        "every second value missing": () => (chance.below(2) === 0 ? Number.NaN : noise()),
        "infinite now and then": () => (chance.below(20) === 0 ? Infinity : noise()),
        "two values, hardly apart": () => 1 + chance.below(2) * 1e-15,
        "growth without end": (step) => Math.exp(step / 20),
        "a constant that begins to move": (step) => (step < 3000 ? 5 : 5 + noise()),
      };
      const times: Readonly<Record<string, (step: number) => number>> = {
        backwards: (step) => timeAt(-step),
        "to and fro": (step) => timeAt(step + (step % 2 === 0 ? 3 : -3)),
        "the year 9999 now and then": (step) => (step % 50 === 49 ? Date.UTC(9999, 0) : timeAt(step)),
        "at random": () => start + chance.next() * 1e10,
        "a day back, once": (step) => timeAt(step < 4000 ? step : step - perDay),
        "beyond all years": (step) => step * 1e300,
      };
      const check = (name: string, timeOf: (step: number) => number, valueAt: (step: number) => number): void => {
        const detector = create(detectorDefaults, 1);
        let alarms = 0;
        for (let step = 0; step < weeks * 7 * perDay; step++) {
          const finding = detector.observe(0, timeOf(step), valueAt(step));
          proper(finding, `${name}, step ${step}`);
          if (finding.event === "starts") alarms++;
        }
        ensure(alarms <= 2 * 2 * weeks, `${name}: ${alarms} alarms, ${2 * weeks} were promised`);
        ensure(!encodesNaN(detector), `${name}: the state holds what is no number`);
      };
      for (const [name, valueAt] of Object.entries(series)) check(name, timeAt, valueAt);
      for (const [name, timeOf] of Object.entries(times)) check(`times ${name}`, timeOf, noise);
    },
  },
  {
    name: "a constant that changes is an anomaly",
    run({ create }) {
      const detector = create(detectorDefaults, 1);
      for (let step = 0; step < 1000; step++) {
        equal(detector.observe(0, timeAt(step), 7).event, "none", `step ${step} of a constant`);
      }
      equal(detector.observe(0, timeAt(1000), 8).event, "starts", "the event of the change");
    },
  },
  {
    name: "what cannot be asked is refused before anything is learnt",
    run({ create }) {
      const detector = create(detectorDefaults, 2);
      const before = encodeModel(detector.save());
      const refusal = (ask: () => unknown): string => {
        try {
          ask();
          return "nothing";
        } catch (error) {
          return String(error);
        }
      };
      const block = (slots: number[], values: number): string =>
        refusal(() => {
          detector.observeMany(
            Uint32Array.from(slots),
            new Float64Array(slots.length).fill(start),
            new Float64Array(values),
            newFindings(slots.length),
          );
        });
      ensure(refusal(() => detector.observe(2, start, 1)).includes("no series 2"), "a slot that is none was taken");
      ensure(block([0, 5], 2).includes("no series 5"), "a block with a slot that is none was taken");
      ensure(block([0, 1], 1).includes("values"), "a block with too few values was taken");
      ensure(sameBytes(encodeModel(detector.save()), before), "something was learnt");
      for (const [wrong, word] of [
        [{ every: 0 }, "every"],
        [{ seasons: [DAY, DAY] }, "seasons"],
        [{ budget: { alarms: 1000, per: DAY } }, "budget"],
        [{ kinds: [] }, "kinds"],
        [{ quietSteps: 0.5 }, "quietSteps"],
      ] as const) {
        ensure(refusal(() => create({ ...detectorDefaults, ...wrong })).includes(word), `${JSON.stringify(wrong)} was taken`);
      }
    },
  },
];

function encodesNaN(detector: Detector): boolean {
  return Object.values(detector.save().tensors).some((tensor) => !tensor.every(Number.isFinite));
}
