/** Messages that come one at a time, taken many at a time. */

/**
 * Those that come while others are being taken are taken together afterwards, in their order. Where taking fails, all that it was of fail; the later ones
 * are tried.
 */
export function gather<Item, Result>(
  take: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  let waiting: { readonly item: Item; resolve(result: Result): void; reject(error: unknown): void }[] = [];
  let taking = false;

  async function takeAll(): Promise<void> {
    taking = true;
    while (waiting.length > 0) {
      const some = waiting;
      waiting = [];
      try {
        const results = await take(some.map(({ item }) => item));
        some.forEach(({ resolve }, at) => resolve(results[at]!));
      } catch (error) {
        for (const { reject } of some) reject(error);
      }
    }
    taking = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!taking) void takeAll();
    });
}
