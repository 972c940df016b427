/** Times in the server's words, and in the time zone in which it rendered the page.
 *
 * @param {string} [zone] such as "Europe/Berlin"; without one it is that of this computer
 * @returns {Live.Times}
 */
export function timesIn(zone) {
  const format = formatter(zone);
  /** @type {Live.Times["exact"]} */
  const exact = (moment) => format.format(moment).replace("Sept", "Sep"); // as the server has it
  return {
    exact,
    clock(moment, now) {
      const [date, time] = exact(moment).split(", ");
      return exact(now).startsWith(date) ? time : `${date.slice(0, -5)}, ${time}`;
    },
  };
}

/** @param {string} [timeZone] */
function formatter(timeZone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const date = { day: "numeric", month: "short", year: "numeric" };
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { ...date, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
  } catch (error) {
    console.warn("This browser does not know the zone of the page, and tells its own times:", error);
    return new Intl.DateTimeFormat("en-GB", options);
  }
}
