/**
 * A process that is killed between the state of a series and the alarms it led to: whoever goes on writes each alarm, once. The control commits in
 * between and must lose them.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { historyEnd, openWatchProject, points, useCase } from "./support/watch-project.ts";

const dying = fileURLToPath(new URL("./support/watch-and-die.ts", import.meta.url));
const control = "the-same-again";
const hour = 3_600_000;

test("an alarm that a killed process was about to write is written by the next", async () => {
  const project = (await openWatchProject({ source: "sqlite", also: control }))!;
  const { watcher, clock, builder, release } = project;
  try {
    for (const name of [useCase, control]) {
      await builder.train(name);
      await release.deploy(name, 1, "test");
    }
    await project.insert(
      points(historyEnd, 288, {
        seed: 2,
        change: (point) =>
          point.at >= historyEnd + 3 * hour && point.at < historyEnd + 4 * hour ? { ...point, cpu: point.cpu! + 60 } : point,
      }),
    );
    clock.now = historyEnd + 24 * hour;
    const series = async (name: string): Promise<string[]> =>
      (await watcher.alarms({ useCases: [name], limit: 1000 })).alarms.flatMap(({ parts }) =>
        parts.map((part) => `${part.series} ${part.start} ${part.rarity}`),
      );
    const expected = (await watcher.detect(useCase, { dryRun: true })).alarms.flatMap(({ parts }) => parts.length);
    assert.ok(expected.length > 0, "there is something to lose");
    for (const [name, mode] of [
      [useCase, "safe"],
      [control, "early"],
    ] as const) {
      const child = spawn(
        process.execPath,
        [
          "--conditions=inlay-source",
          "--disable-warning=ExperimentalWarning",
          dying,
          project.folder,
          project.state.url,
          String(clock.now),
          name,
          mode,
        ],
        { stdio: ["ignore", "ignore", "inherit"] },
      );
      const [, signal] = (await once(child, "exit")) as [number | null, string | null];
      assert.equal(signal, "SIGKILL", "it was killed at the first alarm");
      assert.deepEqual(await series(name), [], "nothing was written");
      await watcher.detect(name);
    }
    const [kept, lost] = [await series(useCase), await series(control)];
    assert.equal(
      kept.length,
      expected.reduce((sum, parts) => sum + parts, 0),
    );
    assert.equal(new Set(kept).size, kept.length, "each once");
    assert.ok(lost.length < kept.length, "the control loses them");
  } finally {
    await project.close();
  }
});
