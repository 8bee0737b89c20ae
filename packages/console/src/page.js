// @ts-check
/** Parts of the page that every view uses: elements, text that goes in as text, and shapes of a drawing. */

/** @param {string} id @returns {HTMLElement} */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** @param {Element} parent @param {string} selector @returns {Element} */
export function within(parent, selector) {
  const found = parent.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

/**
 * Writes only what changed, so that screen readers and selections are left alone.
 *
 * @param {Element} target
 * @param {string} content
 * @param {string} [small] said after it, smaller
 */
export function text(target, content, small = "") {
  if (target.textContent === content + small) return;
  target.textContent = content;
  if (small === "") return;
  const aside = document.createElement("small");
  aside.textContent = small;
  target.append(aside);
}

/** @param {number[]} numbers */
export function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}

/** @param {number} value @param {number} [digits] */
export function amount(value, digits = 3) {
  return Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: digits });
}

/** @param {number} share */
export function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

/**
 * @param {Element} svg
 * @param {string} name
 * @param {string} className
 * @param {Record<string, string>} attributes
 */
export function draw(svg, name, className, attributes) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
  if (className !== "") shape.setAttribute("class", className);
  for (const [attribute, value] of Object.entries(attributes)) shape.setAttribute(attribute, value);
  svg.append(shape);
  return shape;
}
