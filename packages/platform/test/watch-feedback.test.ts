/** What people say of alarms moves the kind of alarm that it was said of; others hardly, and it fades. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDetector } from "#learn/anomaly/detector";
import { anomalyKinds } from "#learn/anomaly/finding";
import { detectorDefaults } from "#learn/anomaly/settings";
import { seeded } from "#learn/math/random";
import type { AlarmKind, Mark } from "#records/alarm";
import { applyShares, halfLifeMs, sharesOf } from "#stages/watch/feedback";
import type { Marked, Shares } from "#stages/watch/feedback";

const day = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const rate = 2 / (7 * day);
const cpu = { id: '["web-1","cpu"]', value: "cpu" };

function said(count: number, mark: Mark, kind: AlarmKind, series = cpu.id, age = 0): Marked[] {
  return Array.from({ length: count }, () => ({ series_id: series, kind, mark, at: now - age }));
}
const after = (marked: readonly Marked[], at = now): Shares => sharesOf(marked, { now: at, since: now - 60 * day, rate });

test("noise takes most from its own kind in its own series, and fades", () => {
  assert.ok(anomalyKinds.every((kind) => after([])(cpu.id, kind) === 1));
  const shares = after(said(6, "noise", "point"));
  const own = shares(cpu.id, "point");
  const [otherKind, otherSeries] = [shares(cpu.id, "level"), shares('["web-2","cpu"]', "point")];
  assert.ok(own < 0.4, `${own}`);
  for (const other of [otherKind, otherSeries]) assert.ok(other > 0.6 && other < 1, `${other}`);
  assert.equal(shares('["web-2","cpu"]', "level"), 1, "what has nothing in common stays as it was");
  const hundred = after(said(100, "noise", "point"));
  assert.ok(hundred(cpu.id, "level") > 0.6, "however much is said, others do not go deaf");
  const useful = after(said(6, "useful", "point"));
  assert.ok(useful(cpu.id, "point") > useful(cpu.id, "level") && useful(cpu.id, "level") > 1);
  const later = [0, 1, 2, 8].map((halfLives) => after(said(6, "noise", "point"), now + halfLives * halfLifeMs)(cpu.id, "point"));
  assert.ok(
    later.every((share, at) => at === 0 || share > later[at - 1]!),
    later.join(", "),
  );
  assert.ok(later.at(-1)! > 0.95, "in the end it is as if nothing had been said");
  const known = after(said(6, "expected", "point"))(cpu.id, "point");
  assert.ok(known < 1 && known > own, "what was right but known of is half as bad");
});

/** A month of noise, then what comes then; which kinds alarmed. */
function alarmed(marked: readonly Marked[], then: (step: number) => number): string[] {
  const detector = createDetector({ ...detectorDefaults, seasons: [] }, 1);
  const random = seeded(4);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  for (let step = 0; step < 8000; step++) detector.observe(0, step * 300_000, normal());
  applyShares(detector, 0, cpu, after(marked));
  const kinds: string[] = [];
  for (let step = 0; step < 40; step++) {
    const { event } = detector.observe(0, (8000 + step) * 300_000, 0.3 * normal() + then(step));
    if (event !== "none") kinds.push(detector.event(0)!.kind);
  }
  return [...new Set(kinds)];
}

test("a kind that people call noise alarms no more where it did, other kinds of the same series do", () => {
  const noise = said(12, "noise", "level");
  const away = (step: number): number => (step === 20 ? 5 : 0);
  assert.deepEqual(alarmed([], away), ["level"]);
  assert.deepEqual(alarmed(noise, away), []);
  assert.deepEqual(
    alarmed(noise, (step) => 1.6 * away(step)),
    ["level"],
    "what lies much farther away still does",
  );
  const scatter = (step: number): number => (step < 10 ? 0 : step % 2 === 0 ? 2 : -2);
  const silence = (step: number): number => (step < 10 ? 0 : Number.NaN);
  for (const marked of [[], noise]) {
    assert.deepEqual(alarmed(marked, scatter), ["variance"]);
    assert.deepEqual(alarmed(marked, silence), ["missing"]);
  }
});
