/** Series as a content-addressed artifact: the state of the detector after training, which series lies in which slot, and how values go together. */
import { failure } from "#base/errors";
import type { Artifacts } from "#files/artifacts";
import { loadDetector } from "#learn/anomaly/detector";
import type { Detector } from "#learn/anomaly/detector";
import type { SavedModel, Tensor } from "#learn/model";
import { list, record, tensor, text } from "#learn/saved/values";
import { decodeModel, encodeModel } from "#learn/tensors";
import { loadRows, saveRows } from "#stages/watch/together";
import type { RowModels } from "#stages/watch/together";
import type { Watched } from "#stages/watch/watch";

export interface SavedSeries {
  readonly detector: Detector;
  /** In the order of the slots. */
  readonly ids: readonly string[];
  readonly models: RowModels;
  /** What is known of the rows of a series that says how far apart values are; null of others. */
  row(slot: number): Uint8Array | null;
}

/** Tensors of the models of rows have this before their names. */
const rowsOf = "rows.";
const rowStates = "row-states";

/** The hash is its name from then on. `watched`: in the order of the slots. */
export async function saveSeries(
  artifacts: Artifacts,
  { detector, watched, models }: { detector: Detector; watched: readonly Watched[]; models: RowModels },
): Promise<string> {
  const { header, tensors } = detector.save();
  const ids = watched.map(({ id }) => id);
  if (models.size === 0) return artifacts.put(encodeModel({ header: { ...header, ids }, tensors }));
  const rows = saveRows(models);
  const states = new Map(watched.map(({ id, row }) => [id, row?.bytes() ?? new Uint8Array(0)]));
  const all: Record<string, Tensor> = { ...tensors };
  for (const [name, values] of Object.entries(rows.tensors)) all[rowsOf + name] = values;
  all[rowStates] = new Uint8Array(Buffer.concat(rows.ids.map((id) => states.get(id)!)));
  return artifacts.put(encodeModel({ header: { ...header, ids, rows: { ids: rows.ids, header: rows.header } }, tensors: all }));
}

/** @throws ARTIFACT_MISSING, ARTIFACT_CORRUPT, ARTIFACT_FORMAT */
export async function openSeries(artifacts: Artifacts, hash: string): Promise<SavedSeries> {
  const bytes = await artifacts.read(hash);
  try {
    const saved = decodeModel(bytes);
    const { ids, rows } = saved.header;
    const detector = loadDetector(saved);
    if (!Array.isArray(ids) || ids.length !== detector.series)
      throw new Error("the names of its series are not those of its slots");
    const names = ids.map(String);
    if (rows === undefined) return { detector, ids: names, models: new Map(), row: () => null };
    const { ids: things, header } = record(rows, "rows");
    const known = list(things, "rows.ids", text);
    const own = Object.entries(saved.tensors).flatMap(([name, values]) =>
      name.startsWith(rowsOf) ? [[name.slice(rowsOf.length), values] as const] : [],
    );
    const models = loadRows(known, {
      header: record(header, "rows.header") as SavedModel["header"],
      tensors: Object.fromEntries(own),
    });
    const states = tensor(saved.tensors, rowStates, Uint8Array);
    const size = states.length / known.length;
    const places = new Map(known.map((id, at) => [id, at]));
    return {
      detector,
      ids: names,
      models,
      row(slot) {
        const at = places.get(names[slot]!);
        return at === undefined ? null : states.slice(at * size, (at + 1) * size);
      },
    };
  } catch (cause) {
    throw failure("ARTIFACT_FORMAT", { hash, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}
