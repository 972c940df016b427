/** Visible text of less contrast than `least` with what lies under it (WCAG 2.2, 1.4.3). */
(least) => {
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  /** Any CSS colour as [red, green, blue, opacity], 0 to 255 and 0 to 1. */
  function rgba(colour) {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }

  const over = ([...top], under) =>
    [0, 1, 2].map((part) => top[part] * top[3] + under[part] * (1 - top[3])).concat(1);

  function ground(element) {
    if (element === null) return rgba("Canvas");
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, ground(element.parentElement));
  }

  function luminance([red, green, blue]) {
    const [r, g, b] = [red, green, blue].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(colour, element) {
    const under = ground(element);
    const both = [over(rgba(colour), under), under].map(luminance);
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  }

  const isVisible = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !element.closest(".visually-hidden, .live-news, .live-alarm, :disabled, .skip, noscript");

  const texts = [...document.body.querySelectorAll("*")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()),
  );
  const fields = [...document.querySelectorAll("input:not([type=hidden], [type=radio]), select")];
  const placeholders = fields.filter((field) => field.placeholder && !field.value);
  const found = [
    ...[...texts, ...fields].map((element) => [element, getComputedStyle(element).color]),
    ...placeholders.map((field) => [field, getComputedStyle(field, "::placeholder").color]),
  ];
  const measured = found
    .filter(([element]) => isVisible(element))
    .map(([element, colour]) => [contrast(colour, element), element]);
  return {
    measured: measured.length,
    weak: measured
      .filter(([ratio]) => ratio < least)
      .map(([ratio, { tagName, className, textContent }]) =>
        [`${ratio.toFixed(2)}:`, tagName, className, textContent.trim()].join(" "),
      ),
  };
}
