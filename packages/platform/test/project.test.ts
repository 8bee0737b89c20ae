/** Project files: every problem of every file at its line, whatever was done to them, and nothing but that. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isFailure } from "#base/errors";
import { seeded } from "#learn/math/random";
import { loadProject } from "#project/load-project";

const projectYaml = `project: northgate-it
systems:
  helpdesk: { type: postgres, url: "postgres://reader:\${HELPDESK_PASSWORD}@db/helpdesk", owner: it@northgate.example }
  exports: { type: files, path: ./exports }
`;
const useCaseYaml = `use_case: ticket-routing
task: classify
goal:
  kpi: hours to resolution
  direction: decrease
  target: 15%
source:
  system: helpdesk
  query: select id, opened_at, subject, priority, team from tickets
  key: id
  time: opened_at
  label: team
features:
  text: [subject]
  category: [priority]
readiness:
  - { column: subject, complete: 99% }
  - { fresh: 2d }
gate:
  macro_f1: ">= 0.80"
  beats: [majority, rules]
policy:
  confident_at: { precision: 90% }
  otherwise: review
  rules:
    - { when: 'record.subject.contains("vpn")', then: network }
  default: service-desk
`;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-project-"));
  await mkdir(join(folder, "use-cases"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function problemsOf(project: string | Buffer, useCase: string | Buffer): Promise<readonly string[]> {
  await writeFile(join(folder, "inlay.yaml"), project);
  await writeFile(join(folder, "use-cases", "ticket-routing.yaml"), useCase);
  try {
    await loadProject({ folder });
    return [];
  } catch (error) {
    assert.ok(isFailure(error, "PROJECT_INVALID"), String(error));
    return error.problems.map(({ pointer, detail }) => `${pointer} ${detail}`);
  }
}

test("a whole project loads, frozen, its secrets still placeholders", async () => {
  assert.deepEqual(await problemsOf(projectYaml, useCaseYaml), []);
  const project = await loadProject({ folder });
  const { policy } = project.useCases["ticket-routing"]!;
  assert.ok("deadline" in policy && policy.deadline === "200ms");
  assert.match((project.systems["helpdesk"] as { url: string }).url, /\$\{HELPDESK_PASSWORD\}/);
  assert.throws(() => Object.assign(project.useCases["ticket-routing"]!, { task: "x" }), TypeError);
});

const use = "use-cases/ticket-routing.yaml";
const mistakes: readonly (readonly [what: string, from: string, to: string, says: readonly RegExp[]])[] = [
  [
    "an unknown key",
    "  query: select",
    "  qery: select",
    [/:9:3 qery is not a key of source; did you mean query\?/, /source.query is missing/],
  ],
  ["an unknown task", "task: classify", "task: clasify", [/:2:1 task must be one of classify, regress, forecast, detect/]],
  [
    "a direction that is none",
    "direction: decrease",
    "direction: down",
    [/:5:3 goal.direction must be one of increase, decrease/],
  ],
  ["a share as a number", "target: 15%", "target: 0.15", [/:6:3 goal.target is a percentage; write 15%/]],
  ["a share without its sign", "target: 15%", "target: 15", [/:6:3 goal.target is a percentage; write 15%/]],
  ["a share that is none", "target: 15%", "target: 15 percent", [/:6:3 goal.target must be a percentage such as 90%/]],
  ["a number for a bound", '">= 0.80"', "0.8", [/:20:3 gate.macro_f1 must be text, got a number/]],
  ["a text for a list", "text: [subject]", "text: subject", [/:14:3 features.text must be a list, got text/]],
  [
    "a system that is not there",
    "system: helpdesk",
    "system: helpdesc",
    [/:8:3 helpdesc is not a system of inlay.yaml; did you mean helpdesk\?/],
  ],
  ["the label as a feature", "category: [priority]", "category: [team]", [/:15:14 team is the label/]],
  ["a column twice", "category: [priority]", "category: [subject]", [/:15:14 subject is listed twice, as text and as category/]],
  [
    "otherwise without rules",
    "otherwise: review\n  rules:\n    - { when: 'record.subject.contains(\"vpn\")', then: network }",
    "otherwise: rules",
    [/:24:3 otherwise is rules, but policy.rules has none/],
  ],
  [
    "another name than the file",
    "use_case: ticket-routing",
    "use_case: ticket-router",
    [/:1:1 use_case is ticket-router, so the file must be ticket-router.yaml/],
  ],
  ["a key twice", "task: classify", "task: classify\ntask: classify", [/:3:1 is not valid YAML: map keys must be unique/]],
  ["a tab", "  kpi: hours", "\tkpi: hours", [/is not valid YAML/]],
  ["NUL characters", "task: classify", "task: \0classify", [/:2:7 is not text: it holds NUL characters/]],
];
for (const [what, from, to, says] of mistakes) {
  test(`${what} is named with its place`, async () => {
    const problems = await problemsOf(projectYaml, useCaseYaml.replace(from, to));
    for (const pattern of says)
      assert.ok(
        problems.some((problem) => pattern.test(problem)),
        `${String(pattern)} not in\n${problems.join("\n")}`,
      );
  });
}

/** A check in line 28 of a use case, and all that is said of it. */
const badChecks: readonly (readonly [lines: string, says: readonly string[]])[] = [
  [
    "{ column: priority, compleet: 90% }",
    [
      "28:5 readiness[2].complete is missing; write text there",
      "28:25 compleet is not a key of readiness[2]; did you mean complete?",
    ],
  ],
  [
    "{ colum: priority, unique: true }",
    ["28:5 readiness[2].column is missing; write text there", "28:7 colum is not a key of readiness[2]; did you mean column?"],
  ],
  ["{ column: priority }", ["28:5 readiness[2] needs one of the keys complete, unique, values, pattern, range, fresh, rows"]],
  [
    "{ column: priority, unique: true, complete: 90% }",
    ["28:5 unique and complete do not go together in readiness[2]; write an entry for each"],
  ],
  ["{ column: priority, complete: 90 }", ["28:25 readiness[2].complete is a percentage; write 90%"]],
  ["{ column: priority, values: [low, 2] }", ["28:39 readiness[2].values[1] must be text, got a number; put it in quotes"]],
  ["{ column: priority, values: [] }", ["28:25 readiness[2].values must have at least 1 entries"]],
  ["{ column: priority, range: [5, 1] }", ["28:25 readiness[2].range must be the least value first, for example [0, 100]"]],
  ["{ fresh: 2 days }", ["28:7 readiness[2].fresh must be a duration such as 200ms, 30s, 2h or 7d"]],
  ["fresh", ["28:5 readiness[2] must be a mapping, got text"]],
  ["!!js/function x", ["28:5 is not valid YAML: tags (!name) mean nothing here"]],
  ["*checks", ["28:5 is not valid YAML: *checks names nothing above it"]],
  ["{ __proto__: 1 }", ["28:7 __proto__ cannot be a key"]],
];
for (const [check, says] of badChecks) {
  test(`the check ${check} is explained by what was meant`, async () => {
    const lines = useCaseYaml.split("\n").filter((line) => !/^readiness|^  - \{ (column|fresh)/.test(line));
    const text = `${lines.join("\n")}readiness:\n  - { rows: ">= 1" }\n  - { rows: ">= 2" }\n  - ${check}\n`;
    assert.deepEqual(
      await problemsOf(projectYaml, text),
      says.map((problem) => `${use}:${problem}`),
    );
  });
}

const badSystems: readonly (readonly [what: string, line: string, says: readonly string[]])[] = [
  [
    "a type that is none",
    "db: { type: oracle, url: x }",
    ["3:9 systems.db.type must be one of postgres, sqlite, files, nats, rabbitmq, mqtt"],
  ],
  [
    "a placeholder that is none",
    'db: { type: postgres, url: "postgres://a:${DB PASSWORD}@h/db" }',
    ["3:25 systems.db.url has a ${ without a name; write ${NAME} with letters, digits and _"],
  ],
  [
    "a secret where a key belongs",
    'db: { type: postgres, "postgres://a:s3cr3t@h/db" }',
    [
      "3:3 systems.db.url is missing; write text there",
      "3:25 what stands here is not a key of systems.db; known here: type, url, owner, timeout, path",
    ],
  ],
  [
    "a secret where a name belongs",
    '"postgres://a:s3cr3t@h/db": { type: files, path: x }',
    ["3:3 what stands here must be lower-case words joined by hyphens, for example help-desk"],
  ],
  [
    "a number for a path",
    "db: { type: sqlite, path: 12 }",
    ["3:23 systems.db.path must be text, got a number; put it in quotes"],
  ],
  ["no path", "db: { type: sqlite, path: }", ["3:23 systems.db.path must be text, got nothing"]],
];
for (const [what, line, says] of badSystems) {
  test(`${what} is named with its place and without what it says`, async () => {
    const problems = await problemsOf(`project: northgate\nsystems:\n  ${line}\n`, useCaseYaml);
    assert.deepEqual(
      problems.filter((problem) => problem.startsWith("inlay.yaml")),
      says.map((problem) => `inlay.yaml:${problem}`),
    );
  });
}

test("outcomes that differ in case only, and the key as a feature, are named", async () => {
  const text = useCaseYaml
    .replace("default: service-desk", "default: Network")
    .replace("category: [priority]", "category: [priority]\n  number: [id]");
  assert.deepEqual(await problemsOf(projectYaml, text), [
    `${use}:16:12 id is the key; a name of a row teaches nothing`,
    `${use}:28:3 Network is written network above; outcomes are compared letter by letter`,
  ]);
});

test("a byte order mark and Windows line ends change no place", async () => {
  const windows = (text: string): string => `\uFEFF${text.replaceAll("\n", "\r\n")}`;
  assert.deepEqual(await problemsOf(windows(projectYaml), windows(useCaseYaml)), []);
  const problems = await problemsOf(windows(projectYaml), windows(useCaseYaml.replace("task: classify", "task: clasify")));
  assert.deepEqual(problems, [`${use}:2:1 task must be one of classify, regress, forecast, detect`]);
});

test("files that are too large, too deep, folders or two documents get one problem each", async () => {
  const one: readonly (readonly [text: string, says: string])[] = [
    [`# ${"x".repeat(1_100_000)}`, "1:1 has 1.1 MB; at most 1.0 MB are read"],
    [`a: ${"[".repeat(120)}${"]".repeat(120)}`, "1:102 is nested deeper than 50 levels; no key of a project is that deep"],
    [`${useCaseYaml}---\n`, "28:1 is not valid YAML: it holds more than one document; take out the line that starts with ---"],
    ["# only a comment\n", "1:1 is empty; `inlay init` writes a first one"],
    ["- a\n", "1:1 the file must be a mapping, got a list"],
  ];
  for (const [text, says] of one) assert.deepEqual(await problemsOf(projectYaml, text), [`${use}:${says}`]);
  const bottomless = await problemsOf(projectYaml, "[".repeat(50_000));
  assert.equal(bottomless.length, 1);
  assert.match(bottomless[0]!, /^use-cases\/ticket-routing\.yaml:1:\d+ is nested deeper than 50 levels/);
  await mkdir(join(folder, "use-cases", "folder.yaml"));
  try {
    assert.deepEqual(await problemsOf(projectYaml, useCaseYaml), ["use-cases/folder.yaml:1:1 is a folder, not a file"]);
  } finally {
    await rm(join(folder, "use-cases", "folder.yaml"), { recursive: true });
  }
});

test("problems of all files come together", async () => {
  const problems = await problemsOf(
    projectYaml.replace("type: files", "type: filez"),
    useCaseYaml.replace("direction: decrease", "direction: down"),
  );
  assert.ok(problems.some((problem) => problem.startsWith("inlay.yaml:4:")));
  assert.ok(problems.some((problem) => problem.startsWith(`${use}:5:`)));
});

test("an empty file, a list, a wrong encoding and too many aliases get one clear problem", async () => {
  for (const text of [
    "",
    "- a\n- b\n",
    "just text",
    Buffer.from("use_case: b\xfcro", "latin1"),
    `a: &a [x]\n${Array.from({ length: 9 }, (_, n) => `b${n}: &b${n} [${"*a, ".repeat(9)}*a]`).join("\n")}`,
  ]) {
    const problems = await problemsOf(projectYaml, text);
    assert.ok(problems.length > 0);
    for (const problem of problems) assert.match(problem, /^use-cases\/ticket-routing\.yaml:\d+:\d+ /);
  }
});

test("200 mangled project files: only problems with file, line and column; no secret in any", async () => {
  const random = seeded(11);
  const secret = "s3cr3t-in-the-url";
  const project = projectYaml.replace("${HELPDESK_PASSWORD}", secret);
  let refused = 0;
  for (let round = 0; round < 200; round++) {
    const [changedProject, changedUseCase] = round % 3 === 0 ? [mangle(project), useCaseYaml] : [project, mangle(useCaseYaml)];
    for (const problem of await problemsOf(changedProject, changedUseCase)) {
      refused++;
      assert.match(problem, /^(inlay\.yaml|use-cases\/ticket-routing\.yaml):\d+:\d+ \S/, problem);
      assert.ok(!problem.includes(secret), problem);
      assert.doesNotMatch(problem, /\n\s+at |\[object|undefined/, problem);
    }
  }
  assert.ok(refused > 150, `${refused} problems`);

  function mangle(text: string): string {
    let changed = text;
    for (let times = 1 + random.below(3); times > 0; times--) {
      const lines = changed.split("\n");
      const at = random.below(lines.length);
      const line = lines[at]!;
      const place = random.below(line.length + 1);
      const junk = ["{", "]", ":", "- ", "\t", '"', "&x ", "*y", "!!js ", "é", "\u0001", "%", "~", "1e999", "? "][
        random.below(15)
      ]!;
      const kinds = [
        () => lines.splice(at, 1),
        () => lines.splice(at, 0, line),
        () => (lines[at] = line.slice(0, place) + junk + line.slice(place)),
        () => (lines[at] = line.slice(0, place) + line.slice(place + 1)),
        () => (lines[at] = line.replace(/:.*/, `: ${["null", "[]", "{}", "12", "true", "2026-01-01", "x: y"][random.below(7)]}`)),
        () => (lines[at] = ` ${line}`),
      ];
      kinds[random.below(kinds.length)]!();
      changed = lines.join("\n");
    }
    return changed;
  }
});

test("a broker has no tables, and series follow a broker by columns of theirs", async () => {
  const watching = (events: string, system = "ops"): string => `use_case: ticket-routing
task: detect
goal: { kpi: outages, direction: decrease }
source: { system: ${system}, query: select * from m, series: [host], time: at, values: [cpu] }
every: 5m
serve: { events: ${events} }
policy: { alarms: 2 per week per series }
`;
  const systems = `project: acme
systems:
  ops: { type: sqlite, path: ./ops.db }
  plant: { type: mqtt, url: "mqtt://127.0.0.1" }
  rabbit: { type: rabbitmq, url: "amqp://127.0.0.1" }
`;
  const says = async (events: string, system?: string): Promise<string> =>
    (await problemsOf(systems, watching(events, system))).join("\n");
  assert.equal(await says('{ system: plant, from: "plant/{host}/values" }'), "");
  assert.match(await says('{ system: plant, from: "x" }', "plant"), /:4:11 plant is a broker: it has no tables; known: ops$/);
  assert.match(await says('{ system: ops, from: "x" }'), /:6:20 ops is no broker; known: plant, rabbit$/);
  assert.match(await says('{ system: plnt, from: "x" }'), /plnt is not a system of inlay.yaml; did you mean plant\?$/);
  assert.match(await says('{ system: plant, from: "plant/{machine}" }'), /\{machine\} is not in source.series/);
  assert.match(await says('{ system: rabbit, from: "{host}" }'), /RabbitMQ has queues; name one$/);
});
