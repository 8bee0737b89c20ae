// @ts-check
/**
 * Run in the page: every visible text whose colour has less than 4.5:1 to what is behind it (WCAG 2.2, 1.4.3). A canvas turns
 * whatever CSS calls a colour into bytes.
 */
(() => {
  const canvas = /** @type {CanvasRenderingContext2D} */ (
    document.createElement("canvas").getContext("2d", { willReadFrequently: true })
  );

  /** @param {string} color */
  function luminance(color) {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = Array.from(canvas.getImageData(0, 0, 1, 1).data, (byte) => {
      const share = byte / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  /** @param {Element | null} element @returns {string} */
  function ground(element) {
    if (!element) return "white";
    const color = getComputedStyle(element).backgroundColor;
    return color === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : color;
  }

  return Array.from(document.querySelectorAll("body *"))
    .filter((element) => element.checkVisibility())
    .filter((element) =>
      Array.from(element.childNodes).some(({ nodeType, textContent }) => nodeType === 3 && textContent?.trim() !== ""),
    )
    .map((element) => {
      const text = luminance(getComputedStyle(element).color);
      const behind = luminance(ground(element));
      return {
        text: element.textContent?.slice(0, 30),
        ratio: (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05),
      };
    })
    .filter(({ ratio }) => ratio < 4.5);
})();
