/**
 * Series that are watched, behind every door: points in, alarms out. Points come in by a push or by the source query; both go through the same
 * detector under the same deployment. What is known of a series and the alarms that came of it are written in one transaction.
 */
import type { Alarm, Mark, Taken } from "#records/alarm";
import type { DetectSeriesUseCase } from "#records/use-case";

export interface Watcher {
  /** What is served, for people and for the API's own description. */
  useCases(): Promise<readonly ServedSeries[]>;
  /**
   * Watches points that were sent: all are taken or none. A point is judged by those before it; one that is not after the last of its series is
   * left aside, so that sending again does no harm.
   *
   * @throws USE_CASE_UNKNOWN, RECORDS_NEEDED, NOT_WATCHED, POINTS_INVALID (pointers `/points/3/cpu`), SERIES_TOO_MANY, STATE_UNREACHABLE
   */
  take(useCase: string, points: readonly unknown[]): Promise<Outcome>;
  /**
   * Watches what the source query has since the last time. Each batch is a transaction of its own: a run that is interrupted goes on where it was.
   *
   * @throws as `take`, and what reading the source throws
   */
  detect(useCase: string, options?: DetectOptions): Promise<Outcome>;
  alarms(filter: AlarmFilter): Promise<{ alarms: Alarm[]; next: string | null }>;
  /** @throws ALARM_UNKNOWN */
  alarm(id: string): Promise<Alarm>;
  /** Says what an alarm was worth, which moves the threshold of its kind in its series. @throws ALARM_UNKNOWN */
  mark(id: string, mark: { as: Mark; note?: string | undefined; by: string }): Promise<Alarm>;
  /** Alarms of the last days against the budget. @throws USE_CASE_UNKNOWN, RECORDS_NEEDED */
  summary(useCase: string): Promise<AlarmSummary>;
}

export interface Outcome {
  readonly taken: Taken;
  /** Those that began, grew or ended. */
  readonly alarms: readonly Alarm[];
}

export interface DetectOptions {
  /** Shows what would be, and keeps nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doing: string, share: number | null) => void;
}

export interface AlarmFilter {
  readonly useCases?: readonly string[] | undefined;
  readonly open?: boolean | undefined;
  readonly mark?: Mark | "none" | undefined;
  readonly since?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface ServedSeries {
  readonly use_case: string;
  readonly autonomy: DetectSeriesUseCase["policy"]["autonomy"];
  /** The deployed version; null where nothing is watched yet. */
  readonly version: number | null;
  /** The columns that a point brings. */
  readonly series: readonly string[];
  readonly time: string;
  readonly values: readonly string[];
}

export interface AlarmSummary {
  readonly use_case: string;
  /** As the policy has it. */
  readonly budget: string;
  /** Series that are watched; 0 before the first deployment. */
  readonly series: number;
  /** Days, oldest first, until now. */
  readonly days: readonly { readonly day: string; readonly alarms: number; readonly useful: number; readonly noise: number }[];
  readonly alarms: number;
  /** So many false alarms are promised for these days. */
  readonly promised: number;
  /** Going on now. */
  readonly open: number;
  /** Messages that have not come to their receivers: yet, and for good. */
  readonly undelivered: { readonly waiting: number; readonly dead: number };
}
