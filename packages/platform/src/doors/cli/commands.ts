/** The one list of commands, in the order of help. */
import type { Command } from "#doors/cli/command";
import { readiness, snapshot, train } from "#doors/cli/commands/build";
import { alarmsList, alarmsMark, alarmsShow } from "#doors/cli/commands/alarms";
import { check } from "#doors/cli/commands/check";
import { decide } from "#doors/cli/commands/decide";
import { decisionsShow } from "#doors/cli/commands/decisions";
import { detect } from "#doors/cli/commands/detect";
import { demo } from "#doors/cli/commands/demo";
import { forecast } from "#doors/cli/commands/forecast";
import { init } from "#doors/cli/commands/init";
import { keysCreate, keysList, keysRevoke } from "#doors/cli/commands/keys";
import { modelsDeploy, modelsExport, modelsList, modelsRollback, modelsShow } from "#doors/cli/commands/models";
import { noticesList, noticesRetry, noticesTest } from "#doors/cli/commands/notices";
import { reviewsAccept, reviewsList, reviewsOverride, reviewsValue } from "#doors/cli/commands/reviews";
import { serve } from "#doors/cli/commands/serve";

export const commands: readonly Command[] = [
  init,
  check,
  snapshot,
  readiness,
  train,
  modelsList,
  modelsShow,
  modelsDeploy,
  modelsRollback,
  modelsExport,
  decide,
  forecast,
  decisionsShow,
  detect,
  alarmsList,
  alarmsShow,
  alarmsMark,
  noticesList,
  noticesTest,
  noticesRetry,
  reviewsList,
  reviewsAccept,
  reviewsOverride,
  reviewsValue,
  serve,
  keysCreate,
  keysList,
  keysRevoke,
  demo,
];
