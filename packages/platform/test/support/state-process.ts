/**
 * A process of its own that opens the state of a project, as `inlay` does, and prints one JSON line: how that went. Then it waits for
 * the end of its standard input, and closes. Arguments: state folder, user and group id to become first (optional).
 */
import { isFailure } from "#base/errors";
import { silentLog } from "#base/log";
import { openState } from "#store/state";

const [folder, uid, gid] = process.argv.slice(2);
if (uid !== undefined) {
  process.setgroups!([]);
  process.setgid!(Number(gid));
  process.setuid!(Number(uid));
}
try {
  const state = await openState({ folder: folder!, databaseUrl: undefined, log: silentLog });
  console.log(JSON.stringify({ url: state.url }));
  for await (const _ of process.stdin);
  await state.close();
} catch (error) {
  if (!isFailure(error)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
