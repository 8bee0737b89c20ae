/** Series as a content-addressed artifact: the state of the detector after training, and which series lies in which slot. */
import { failure } from "#base/errors";
import type { Artifacts } from "#files/artifacts";
import { loadDetector } from "#learn/anomaly/detector";
import type { Detector } from "#learn/anomaly/detector";
import { decodeModel, encodeModel } from "#learn/tensors";

/** The hash is its name from then on. `ids`: of the series, in the order of the slots. */
export async function saveSeries(artifacts: Artifacts, detector: Detector, ids: readonly string[]): Promise<string> {
  const { header, tensors } = detector.save();
  return artifacts.put(encodeModel({ header: { ...header, ids }, tensors }));
}

/** @throws ARTIFACT_MISSING, ARTIFACT_CORRUPT, ARTIFACT_FORMAT */
export async function openSeries(artifacts: Artifacts, hash: string): Promise<{ detector: Detector; ids: readonly string[] }> {
  const bytes = await artifacts.read(hash);
  try {
    const saved = decodeModel(bytes);
    const { ids } = saved.header;
    const detector = loadDetector(saved);
    if (!Array.isArray(ids) || ids.length !== detector.series)
      throw new Error("the names of its series are not those of its slots");
    return { detector, ids: ids.map(String) };
  } catch (cause) {
    throw failure("ARTIFACT_FORMAT", { hash, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}
