/** What the API's description shows of alarms. */
import type { Alarm, Taken } from "#records/alarm";

export const exampleTaken: Taken = { judged: 3, warming: 0, missing: 1, known: 0, late: 0, ahead: 0 };

const peak = {
  kind: "level",
  peak: "2026-03-02T09:30:00.000Z",
  rarity: 0.00002,
} as const;

export const exampleAlarm: Alarm = {
  id: "5c1b4a0e-7d2f-8a61-9b3c-2f6d8e0a1c47",
  use_case: "host-metrics",
  group: "web-1",
  start: "2026-03-02T09:25:00.000Z",
  end: "2026-03-02T09:35:00.000Z",
  open: true,
  series: "web-1 / cpu",
  series_id: '["web-1","cpu"]',
  ...peak,
  reason:
    "web-1 / cpu: it lies higher than before: it was 97.2, 12.1 to 41 was expected (one ordinary point in 50,000 is as unusual)",
  parts: [
    {
      series: "web-1 / cpu",
      series_id: '["web-1","cpu"]',
      start: "2026-03-02T09:25:00.000Z",
      end: "2026-03-02T09:35:00.000Z",
      open: true,
      ...peak,
      value: 97.2,
      expected: 26.4,
      lower: 12.1,
      upper: 41,
      points: [
        { at: "2026-03-02T09:20:00.000Z", value: 27.5, expected: 26.9, lower: 12.5, upper: 41.4 },
        { at: "2026-03-02T09:25:00.000Z", value: 88, expected: 26.6, lower: 12.3, upper: 41.2 },
        { at: "2026-03-02T09:30:00.000Z", value: 97.2, expected: 26.4, lower: 12.1, upper: 41 },
      ],
    },
  ],
  mark: { as: "useful", note: null, by: "k7f3a9x2", at: "2026-03-02T10:02:40.118Z", share: 1.2 },
  autonomy: "suggest",
  model_version: 1,
  deployment: "01961f2a-0000-7000-8000-000000000000",
  raised_at: "2026-03-02T09:25:03.201Z",
};
