/**
 * One text, one spelling: compatibility characters (full width, ligatures, mathematical letters) become plain ones, accents written
 * apart join their letters (Unicode NFKC), and case goes. Texts of ASCII and Latin letters take a short way that gives the same.
 */

/** Something that NFKC might change: anything but ASCII and the letters U+00C0 to U+00FF. */
const needsNfkc = /[\u0080-\u00bf\u0100-\uffff]/;

/** The first `maxLength` UTF-16 code units of `text`, normalised and in lower case. O(length). */
export function normaliseText(text: string, maxLength: number): string {
  const bounded = text.length > maxLength ? text.slice(0, maxLength) : text;
  if (!needsNfkc.test(bounded)) return bounded.toLowerCase();
  // One character can become eighteen (U+FDFA), so the bound is kept a second time.
  return bounded.normalize("NFKC").toLowerCase().slice(0, maxLength);
}
