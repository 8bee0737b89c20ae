/** Every operation of the API, in the order in which it is described. */
import { alarmOperations } from "#doors/http/alarms";
import { decisionOperations } from "#doors/http/decisions";
import { forecastOperations } from "#doors/http/forecast";
import { healthOperations } from "#doors/http/health";
import { metricsOperations } from "#doors/http/metrics";
import { modelOperations } from "#doors/http/models";
import type { Operation } from "#doors/http/operation";
import { problemTypeOperations } from "#doors/http/problem-types";
import { reviewOperations } from "#doors/http/reviews";
import { useCaseOperations } from "#doors/http/use-cases";

// The types of what goes in differ from operation to operation; a list of them knows only the declaration.
export const operations: readonly Operation[] = [
  decisionOperations,
  reviewOperations,
  alarmOperations,
  useCaseOperations,
  modelOperations,
  forecastOperations,
  healthOperations,
  metricsOperations,
  problemTypeOperations,
].flatMap((group) => Object.values(group) as Operation[]);
