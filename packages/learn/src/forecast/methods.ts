/** The methods that forecast one series by itself, by name. */
import { ets } from "./ets.ts";
import type { LocalMethod } from "./method.ts";
import { seasonalNaive } from "./seasonal-naive.ts";

export const localMethods = { seasonalNaive, ets } as const satisfies Readonly<Record<string, LocalMethod>>;

export type LocalMethodName = keyof typeof localMethods;
