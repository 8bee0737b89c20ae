/** The checker on real parts. */
import { InlayError } from "#base/errors";
import { counted, nearest } from "#base/text";
import type { OpenPublicHolidays } from "#calendars/public-holidays";
import type { BrokerConnection } from "#connectors/broker";
import type { Connection } from "#connectors/connector";
import type { OpenEncoder } from "#encoders/encoder";
import type { Checker, CheckResult } from "#flows/check-project/checker";
import { holidaysFrom } from "#records/forecast-use-case";
import type { ForecastUseCase } from "#records/forecast-use-case";
import { historyGroups } from "#records/history";
import type { HistoryGroup } from "#records/history";
import type { Project, Receiver } from "#records/project";
import type { Field } from "#records/snapshot";
import { besideQueries, decidesRecords, featureKinds, historyOf, namedColumns, watchesSeries } from "#records/use-case";
import type { DecidingUseCase, NamedColumn, RecordUseCase, UseCase } from "#records/use-case";
import { compileRules } from "#stages/decide/rules";
import { refuseUnfit } from "#stages/history/facts";
import { parseEndpoint } from "#stages/notify/webhook";
import { windowColumns } from "#stages/watch/calendar";

export interface CheckerDeps {
  load(): Promise<Project>;
  connect(project: Project, system: string): Connection;
  broker(project: Project, system: string): BrokerConnection;
  openEncoder(project: Project): OpenEncoder;
  openPublicHolidays(project: Project): OpenPublicHolidays;
  /** @throws SECRET_MISSING */
  receiver(project: Project, name: string): Receiver;
}

export function openChecker({ load, connect, broker, openEncoder, openPublicHolidays, receiver }: CheckerDeps): Checker {
  return {
    async check(options = {}) {
      const checks: CheckResult[] = [];
      const ok = (subject: string, detail: string): void => void checks.push({ subject, ok: true, detail, fix: null });
      const bad = (subject: string, detail: string, fix: string | null): void =>
        void checks.push({ subject, ok: false, detail, fix });
      const failed = (subject: string, error: unknown): void => {
        if (!(error instanceof InlayError)) throw error;
        if (error.problems.length === 0) bad(subject, error.message, error.fix);
        for (const { pointer, detail } of error.problems) bad(pointer, detail, null);
      };

      let project: Project;
      try {
        project = await load();
      } catch (error) {
        failed("project", error);
        return { ok: false, checks };
      }
      ok(
        "project",
        `${project.name}, ${counted(Object.keys({ ...project.systems, ...project.brokers }).length, "system")}, ${counted(Object.keys(project.useCases).length, "use case")}`,
      );
      for (const name of Object.keys(project.notify)) {
        const subject = `notify ${name}`;
        try {
          parseEndpoint(name, receiver(project, name));
          ok(subject, "address and secret are such; `inlay notices test` sends it a message");
        } catch (error) {
          failed(subject, error);
        }
      }
      for (const name of Object.keys(project.brokers)) {
        const subject = `system ${name}`;
        try {
          ok(subject, await broker(project, name).describe());
        } catch (error) {
          failed(subject, error);
        }
      }
      const ofRecords = Object.values(project.useCases).filter(decidesRecords);
      for (const useCase of Object.values(project.useCases)) if (!watchesSeries(useCase)) checkRules(useCase);
      for (const useCase of ofRecords) await checkEncoder(useCase);
      for (const useCase of Object.values(project.useCases)) if (useCase.task === "forecast") await checkHolidays(useCase);
      for (const [name, settings] of Object.entries(project.systems)) {
        const subject = `system ${name}`;
        let connection: Connection | undefined;
        try {
          connection = connect(project, name);
          const tables = await connection.describe(options);
          ok(subject, `${settings.type}, ${counted(tables.length, "table or view", "tables and views")}`);
          for (const useCase of Object.values(project.useCases))
            if (useCase.source.system === name) await checkQueries(connection, useCase);
          for (const useCase of ofRecords)
            for (const group of historyGroups(useCase)) if (group.system === name) await checkHistory(connection, useCase, group);
        } catch (error) {
          failed(subject, error);
        } finally {
          await connection?.close();
        }
      }
      return { ok: checks.every((check) => check.ok), checks };

      function checkRules(useCase: DecidingUseCase): void {
        const fields = [...featureKinds(useCase).keys()];
        for (const list of ["rules_first", "rules"] as const) {
          const rules = useCase.policy[list];
          const { problems } = compileRules(rules, fields);
          for (const { index, detail } of problems)
            bad(
              `${useCase.use_case}: policy.${list}[${index}]`,
              detail,
              'Conditions are CEL, for example record.subject.contains("vpn").',
            );
          if (rules.length > 0 && problems.length === 0)
            ok(`${useCase.use_case}: policy.${list}`, rules.length === 1 ? "1 rule compiles" : `${rules.length} rules compile`);
        }
      }

      /** Opened as training would, so that what fails there fails here. */
      async function checkEncoder({ use_case: name, features: { encoder: source } }: RecordUseCase): Promise<void> {
        if (source === undefined) return;
        const subject = `${name}: features.encoder`;
        try {
          const encoder = await openEncoder(project)(source);
          await encoder.close();
          ok(subject, `${source}, vectors of ${encoder.size} numbers`);
        } catch (error) {
          failed(subject, error);
        }
      }

      /** Whether the package is there and knows the place. Which places a column names is known with the rows. */
      async function checkHolidays(useCase: ForecastUseCase): Promise<void> {
        const from = holidaysFrom(useCase);
        if (!from || "query" in from) return;
        const subject = `${useCase.use_case}: holidays`;
        try {
          const known = await openPublicHolidays(project)();
          const place = "place" in from ? from.place : from.country;
          ok(subject, place === undefined ? known.library : `${known.find(place).code}, ${known.library}`);
        } catch (error) {
          failed(subject, error);
        }
      }

      async function checkQueries(connection: Connection, useCase: UseCase): Promise<void> {
        const beside = besideQueries(useCase);
        const queries = {
          "source.query": useCase.source.query,
          ...Object.fromEntries(Object.values(beside).map(({ place, query }) => [place, query])),
          ...(useCase.goal.query !== undefined && { "goal.query": useCase.goal.query }),
          ...(watchesSeries(useCase) &&
            Object.fromEntries(Object.entries(useCase.calendar).map(([name, query]) => [`calendar.${name}`, query]))),
        };
        for (const [name, query] of Object.entries(queries)) {
          const subject = `${useCase.use_case}: ${name}`;
          try {
            const columns = await connection.columns(query, options);
            ok(subject, counted(columns.length, "column"));
            if (name === "source.query") checkNames(useCase, columns);
            for (const { place, columns: wanted } of Object.values(beside))
              if (place === name) checkWanted(useCase, wanted, columns, name);
            if (name.startsWith("calendar.")) checkWindows(subject, columns);
          } catch (error) {
            failed(subject, error);
          }
        }
      }

      /** One check for columns of history over the same facts. */
      async function checkHistory(connection: Connection, useCase: UseCase, group: HistoryGroup): Promise<void> {
        const subject = `${useCase.use_case}: history.${group.columns.map(({ name }) => name).join(", ")}`;
        try {
          const columns = await connection.columns(group.from, options);
          refuseUnfit(useCase.use_case, group, columns);
          ok(subject, counted(columns.length, "column"));
        } catch (error) {
          failed(subject, error);
        }
      }

      function checkWindows(subject: string, columns: readonly Field[]): void {
        const names = columns.map(({ name }) => name);
        const missing = windowColumns.filter((name) => !names.includes(name));
        if (missing.length > 0)
          bad(
            subject,
            `the query returns no column ${missing.join(" and ")}`,
            `Name them so with AS. It returns: ${names.join(", ")}`,
          );
      }

      /** Every column that the use case names must come back from its query. */
      function checkNames(useCase: UseCase, columns: readonly Field[]): void {
        const names = new Set(columns.map((column) => column.name));
        const declared = useCase.readiness.flatMap((check, at) =>
          "column" in check && !Object.hasOwn(historyOf(useCase), check.column)
            ? [{ place: `readiness[${at}]`, column: check.column }]
            : [],
        );
        for (const name of Object.keys(historyOf(useCase)).filter((each) => names.has(each)))
          bad(
            `${useCase.use_case}: history.${name}`,
            `the query returns a column ${name} too`,
            "Give the history another name, or leave the column out of the query.",
          );
        checkWanted(useCase, [...namedColumns(useCase), ...declared], columns, "the query");
      }

      function checkWanted(useCase: UseCase, wanted: readonly NamedColumn[], columns: readonly Field[], query: string): void {
        const names = columns.map((column) => column.name);
        for (const { place, column } of wanted) {
          if (names.includes(column)) continue;
          const near = nearest(column, names);
          bad(
            `${useCase.use_case}: ${place}`,
            `${query} returns no column ${column}`,
            near === undefined ? `It returns: ${names.join(", ")}` : `Did you mean ${near}?`,
          );
        }
      }
    },
  };
}
