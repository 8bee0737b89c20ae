/** Loads a project folder: every problem of every file is reported at once, with file, line and column. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { z } from "zod";
import { failure } from "#base/errors";
import type { Problem } from "#base/errors";
import { formatSize, nearest, parseDuration } from "#base/text";
import { parseAlarmRate } from "#records/alarm-budget";
import { isBroker, projectFileSchema } from "#records/project";
import type { BrokerSettings, Project, SystemSettings } from "#records/project";
import { namedParts } from "#records/topic-pattern";
import { matchOf } from "#records/history";
import { decidesRecords, featureKinds, historyOf, useCaseSchema, watchesSeries, weightColumn } from "#records/use-case";
import type { DecidingUseCase, DetectSeriesUseCase, RecordUseCase, UseCase } from "#records/use-case";
import { checkForecast } from "./check-forecast.ts";
import { checkYaml, largestFile } from "./yaml-file.ts";
import type { Checked } from "./yaml-file.ts";

/** @throws PROJECT_NOT_FOUND, PROJECT_INVALID (with all problems) */
export async function loadProject({ folder }: { folder: string }): Promise<Project> {
  const project = await checkFile(folder, "inlay.yaml", projectFileSchema);
  if (!project) throw failure("PROJECT_NOT_FOUND", { path: folder });
  const problems: Problem[] = [...project.problems, ...(project.value ? checkSecrets(project, project.value) : [])];
  const useCases: Record<string, UseCase> = {};
  const { names, unreadable } = await useCaseFiles(folder);
  problems.push(...unreadable);
  for (const name of names) {
    const checked = await checkFile(folder, `use-cases/${name}`, useCaseSchema);
    if (!checked) continue; // taken away since the folder was listed
    problems.push(...checked.problems);
    if (!checked.value) continue;
    problems.push(...checkUseCase(checked, checked.value, name, project.value));
    if (Object.hasOwn(useCases, checked.value.use_case))
      problems.push({ pointer: checked.at(["use_case"]), detail: `${checked.value.use_case} is defined twice` });
    useCases[checked.value.use_case] = checked.value;
  }
  if (project.value) problems.push(...checkReceivers(project, project.value, useCases));
  if (problems.length > 0 || !project.value) {
    const text = problems.map(({ pointer, detail }) => `${pointer} ${detail}`).join("\n");
    throw failure("PROJECT_INVALID", { count: problems.length, problems: text }, { problems });
  }
  const { project: name, systems: all, notify } = project.value;
  const systems: Record<string, SystemSettings> = {};
  const brokers: Record<string, BrokerSettings> = {};
  for (const [system, settings] of Object.entries(all)) {
    if (isBroker(settings)) brokers[system] = settings;
    else systems[system] = settings;
  }
  return deepFreeze({ name, folder, systems, brokers, notify, useCases });
}

/** What the schema cannot say of systems and receivers: `${` must start the name of a variable. Their texts are not shown: they may be secrets. */
function checkSecrets(checked: Checked<unknown>, { systems, notify }: z.output<typeof projectFileSchema>): Problem[] {
  return Object.entries({ systems, notify }).flatMap(([list, named]) =>
    Object.entries(named).flatMap(([name, settings]) =>
      Object.entries(settings).flatMap(([key, value]) =>
        /\$\{(?![A-Za-z_]\w*\})/.test(String(value))
          ? [
              {
                pointer: checked.at([list, name, key]),
                detail: `${list}.${name}.${key} has a \${ without a name; write \${NAME} with letters, digits and _`,
              },
            ]
          : [],
      ),
    ),
  );
}

/** Receivers are told of alarms, which come of use cases that watch series. */
function checkReceivers(
  checked: Checked<unknown>,
  { notify }: z.output<typeof projectFileSchema>,
  useCases: Readonly<Record<string, UseCase>>,
): Problem[] {
  const watching = Object.values(useCases).flatMap((one) => (watchesSeries(one) ? [one.use_case] : []));
  return Object.entries(notify).flatMap(([receiver, { use_cases: wanted = [] }]) =>
    wanted.flatMap((name, at) =>
      watching.includes(name)
        ? []
        : [
            {
              pointer: checked.at(["notify", receiver, "use_cases", at]),
              detail: `${name} is no use case that watches series; known: ${watching.join(", ") || "none"}`,
            },
          ],
    ),
  );
}

type AnySystem = SystemSettings | BrokerSettings;

/** What the schema cannot say of a use case: names that must exist elsewhere, and what contradicts itself. */
function checkUseCase(
  checked: Checked<UseCase>,
  useCase: UseCase,
  file: string,
  project: z.output<typeof projectFileSchema> | undefined,
): Problem[] {
  const problems: Problem[] = [];
  const add = (path: readonly PropertyKey[], detail: string): void => {
    problems.push({ pointer: checked.at(path), detail });
  };
  const { source } = useCase;
  if (useCase.use_case !== basename(file, ".yaml"))
    add(["use_case"], `use_case is ${useCase.use_case}, so the file must be ${useCase.use_case}.yaml`);
  const checkSystem = (
    path: readonly PropertyKey[],
    system: string,
    isWanted = (one: AnySystem): boolean => !isBroker(one),
  ): void => {
    if (!project) return;
    const named = project.systems[system];
    const known = Object.entries(project.systems).flatMap(([name, one]) => (isWanted(one) ? [name] : []));
    if (known.includes(system)) return;
    const near = nearest(system, known);
    if (named)
      add(
        path,
        `${system} ${isBroker(named) ? "is a broker: it has no tables" : "is no broker"}; known: ${known.join(", ") || "none"}`,
      );
    else
      add(
        path,
        `${system} is not a system of inlay.yaml; ${near === undefined ? `known: ${known.join(", ") || "none"}` : `did you mean ${near}?`}`,
      );
  };
  checkSystem(["source", "system"], source.system);
  if (watchesSeries(useCase) && useCase.serve.events) {
    const { system, from } = useCase.serve.events;
    checkSystem(["serve", "events", "system"], system, isBroker);
    for (const part of namedParts(from)) {
      const isQueue = project?.systems[system]?.type === "rabbitmq";
      if (isQueue)
        add(["serve", "events", "from"], `{${part}} stands for a part of a subject or topic, and RabbitMQ has queues; name one`);
      else if (!useCase.source.series.includes(part))
        add(["serve", "events", "from"], `{${part}} is not in source.series, the columns that name a series`);
    }
  }
  const history = historyOf(useCase);
  if (Object.keys(history).length > 0 && source.time === undefined)
    add(["history"], "history needs source.time: without it nothing says which facts were known when a row came to be");
  for (const [name, declared] of Object.entries(history)) {
    const at = ["history", name];
    if (declared.system !== undefined) checkSystem([...at, "system"], declared.system);
    if (decidesRecords(useCase) && !featureKinds(useCase).has(name))
      add(at, `${name} is not used; list it under features, for example as number`);
    for (const [record] of matchOf(declared)) {
      if ("label" in source && record === source.label)
        add([...at, "match"], `${record} is the label; a decision is made without it`);
      if (Object.hasOwn(history, record)) add([...at, "match"], `${record} is history itself`);
    }
  }
  if (useCase.task === "forecast") checkForecast(useCase, add);
  else for (const { path, detail } of watchesSeries(useCase) ? checkSeries(useCase) : checkRecords(useCase)) add(path, detail);
  if (!watchesSeries(useCase)) checkDefaults(useCase, add);
  return problems;
}

/** Where a decision goes that the model does not take, and outcomes that are spelt in two ways. */
function checkDefaults({ policy }: DecidingUseCase, add: (path: readonly PropertyKey[], detail: string) => void): void {
  if (policy.otherwise === "rules" && policy.rules.length === 0)
    add(["policy", "otherwise"], "otherwise is rules, but policy.rules has none");
  if (policy.otherwise === "default" && policy.default === undefined)
    add(["policy", "otherwise"], "otherwise is default, but policy.default is missing");
  const spelt = new Map<string, string>();
  const outcomes: [path: readonly PropertyKey[], outcome: string | undefined][] = [
    ...policy.rules_first.map(({ then }, at) => [["policy", "rules_first", at, "then"], then] as [PropertyKey[], string]),
    ...policy.rules.map(({ then }, at) => [["policy", "rules", at, "then"], then] as [PropertyKey[], string]),
    [["policy", "default"], policy.default],
  ];
  for (const [path, outcome] of outcomes) {
    if (outcome === undefined) continue;
    const before = spelt.get(outcome.trim().toLowerCase()) ?? outcome;
    if (before !== outcome) add(path, `${outcome} is written ${before} above; outcomes are compared letter by letter`);
    spelt.set(outcome.trim().toLowerCase(), before);
  }
}

interface Contradiction {
  readonly path: readonly PropertyKey[];
  readonly detail: string;
}

/** Columns and outcomes of records that contradict each other. */
function checkRecords(useCase: RecordUseCase): Contradiction[] {
  const problems: Contradiction[] = [];
  const add = (path: readonly PropertyKey[], detail: string): void => void problems.push({ path, detail });
  const { source, features } = useCase;
  const weight = weightColumn(useCase);
  if (weight !== undefined && weight === source.label) add(["source", "weight"], `${weight} is the label`);
  const seen = new Map<string, string>();
  for (const kind of ["text", "category", "number", "time"] as const) {
    features[kind].forEach((column, at) => {
      const path = ["features", kind, at];
      if (column === source.label) add(path, `${column} is the label; a feature that holds the answer teaches nothing`);
      if (column === source.key) add(path, `${column} is the key; a name of a row teaches nothing`);
      if (seen.has(column)) add(path, `${column} is listed twice, as ${seen.get(column)} and as ${kind}`);
      seen.set(column, kind);
    });
  }
  useCase.protected.forEach((column, at) => {
    if (seen.has(column))
      add(["protected", at], `${column} is a ${seen.get(column)} feature; what is protected must not be learnt from`);
    if (column === source.label) add(["protected", at], `${column} is the label`);
  });
  if (useCase.task === "detect") {
    if (parseAlarmRate(useCase.policy.alarms) && source.time === undefined)
      add(
        ["policy", "alarms"],
        `${useCase.policy.alarms} needs source.time; without it write a share of the records such as 0.5%`,
      );
    for (const measure of ["precision", "recall", "f1"] as const)
      if (useCase.gate[measure] !== undefined && source.label === undefined)
        add(["gate", measure], `${measure} needs known anomalies: name their column as source.label`);
  }
  useCase.leaks.keep.forEach((column, at) => {
    if (!featureKinds(useCase).has(column)) add(["leaks", "keep", at], `${column} is not a feature`);
  });
  return problems;
}

/** Columns of series that contradict each other. */
function checkSeries({ source, every, policy, gate, calendar }: DetectSeriesUseCase): Contradiction[] {
  const problems: Contradiction[] = [];
  const add = (path: readonly PropertyKey[], detail: string): void => void problems.push({ path, detail });
  const seen = new Map<string, string>([[source.time, "the time"]]);
  for (const [list, what] of [
    ["series", "a name of the series"],
    ["values", "a value"],
  ] as const) {
    source[list].forEach((column, at) => {
      const before = seen.get(column);
      if (before !== undefined) add(["source", list, at], `${column} is ${before} already`);
      seen.set(column, what);
    });
  }
  if (source.label !== undefined && seen.has(source.label))
    add(
      ["source", "label"],
      `${source.label} is ${seen.get(source.label)} already; a label says which points are known anomalies`,
    );
  source.related?.forEach((column, at) => {
    if (!source.series.includes(column)) add(["source", "related", at], `${column} is not one of source.series`);
  });
  const rate = parseAlarmRate(policy.alarms)!;
  const step = parseDuration(every)!;
  if (step < 1000) add(["every"], `${every} is less than a second; write at least 1s`);
  else if (rate.perSeries && rate.alarms * step > rate.per / 10)
    add(["policy", "alarms"], `${policy.alarms} is more than every tenth point, one of which comes every ${every}`);
  for (const name of Object.keys(calendar)) if (calendar[name]!.trim() === "") add(["calendar", name], `${name} has no query`);
  for (const measure of ["precision", "recall", "f1"] as const)
    if (gate[measure] !== undefined && source.label === undefined)
      add(["gate", measure], `${measure} needs known anomalies: name their column as source.label`);
  return problems;
}

async function useCaseFiles(folder: string): Promise<{ names: string[]; unreadable: Problem[] }> {
  try {
    const names = await readdir(join(folder, "use-cases"));
    return { names: names.filter((name) => /\.ya?ml$/.test(name)).sort(), unreadable: [] };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return { names: [], unreadable: [] };
    return { names: [], unreadable: [{ pointer: "use-cases:1:1", detail: `cannot be listed (${code ?? "unknown"})` }] };
  }
}

/** undefined where there is no such file. A byte order mark is not part of the text. */
async function checkFile<Schema extends z.ZodType>(
  folder: string,
  file: string,
  schema: Schema,
): Promise<Checked<z.output<Schema>> | undefined> {
  const refuse = (detail: string): Checked<z.output<Schema>> => ({
    value: undefined,
    problems: [{ pointer: `${file}:1:1`, detail }],
    at: () => `${file}:1:1`,
  });
  try {
    const { size } = await stat(join(folder, file));
    if (size > largestFile) return refuse(`has ${formatSize(size)}; at most ${formatSize(largestFile)} are read`);
    return checkYaml(file, (await readFile(join(folder, file), "utf8")).replace(/^\uFEFF/, ""), schema);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === undefined) throw error;
    return refuse(code === "EISDIR" ? "is a folder, not a file" : `cannot be read (${code})`);
  }
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === "object" && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
