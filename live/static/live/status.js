/** The line that says how fresh the page is: a dot, a word, and an age that grows by itself. */

// An interruption that is shorter concerns nobody, unless it was noticed so late, as after a
// silence or a sleep, that the page has had no sign of life for longer than FRESH.
const BLIP = 3000;
const FRESH = 30_000;
// After so long "Reconnecting" would promise too much.
const NOT_LIVE = 15_000;

/** @type {Partial<Record<Live.State, {word: string, action: string}>>} */
const WAITS_FOR_A_PERSON = {
  "signed-out": { word: "Signed out", action: "Log in" },
  replaced: { word: "Replaced: open in another window", action: "Use here" },
  "other-user": { word: "Signed in as someone else", action: "Reload" },
  stale: { word: "Out of date", action: "Reload" },
};

/** What a screen reader says at once: nothing goes on before a person acts.
 *
 * @type {Partial<Record<Live.Shown, string>>} */
const ALARMS = {
  "signed-out": "Signed out. Log in to go on.",
  "other-user": "Signed in as someone else. Reload to see their page.",
};

/** What to show of a page's status at `now`, given what is `shown` so far; null for no change.
 *
 * @param {Live.PageStatus} status
 * @param {number} now
 * @param {Live.Shown} shown
 * @param {Live.Times["clock"]} clock
 * @returns {Live.Appearance | null}
 */
export function appearance(status, now, shown, clock) {
  const { state, reason, since, lastSign, lastUpdate = lastSign } = status;
  if (state === "live") {
    return { shown: "live", word: "Live", age: checked(now - lastSign) };
  }
  const waiting = WAITS_FOR_A_PERSON[state];
  if (waiting) return { shown: state, age: "", ...waiting };
  const lasted = Math.max(0, now - since);
  const blip = lasted <= BLIP && now - lastSign <= FRESH;
  if (blip && ["live", "connecting"].includes(shown)) return null;
  if (lasted <= NOT_LIVE && reason !== "degraded") {
    return { shown: "reconnecting", word: "Reconnecting…", age: "", action: "Try now" };
  }
  // The elapsed time is told by the clock of this computer, for it goes on while a laptop sleeps.
  // The time of day is told by the server's, as all times of the page.
  const age = `last update ${clock(lastUpdate, now + lastUpdate - lastSign)}`;
  return { shown: "not-live", word: "Not live,", age, action: "Try now" };
}

/** What a screen reader says politely: that the page is no longer live, and that it is live again.
 *
 * @param {Live.Shown} before
 * @param {Live.Shown} after
 */
export function news(before, after) {
  if (ALARMS[after]) return "";
  if (after === "live") return before === "connecting" ? "" : "Reconnected.";
  return "This page is no longer live.";
}

/** How long ago the page was last known to be current.
 *
 * @param {number} milliseconds
 */
function checked(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3) return "· checked just now";
  if (seconds < 60) return `· checked ${seconds} s ago`;
  if (seconds < 3600) return `· checked ${Math.floor(seconds / 60)} min ago`;
  return `· checked ${Math.floor(seconds / 3600)} h ago`;
}

export class StatusLine {
  /**
   * @param {Element} element
   * @param {object} page
   * @param {string} page.login the address of the log-in
   * @param {Live.Page} page.live
   */
  constructor(element, { login, live }) {
    /** @param {string} name */
    const part = (name) => /** @type {HTMLElement} */ (element.querySelector(`.live-${name}`));
    this.login = login;
    this.live = live;
    /** @type {Live.Shown} */
    this.shown = "connecting";
    this.word = part("word");
    this.age = part("age");
    this.button = part("button");
    this.link = /** @type {HTMLAnchorElement} */ (part("link"));
    this.news = part("news");
    this.alarm = part("alarm");
  }

  start() {
    this.button.addEventListener("click", () => this.act());
    document.addEventListener("live:state", () => this.update());
    setInterval(() => this.update(), 1000);
    this.update();
  }

  act() {
    if (["other-user", "stale"].includes(this.shown)) location.reload();
    else this.live.resume();
  }

  update() {
    const next = appearance(this.live.status(), Date.now(), this.shown, this.live.clock);
    if (next === null) return this.keepAgeing();
    if (next.shown !== this.shown) {
      setText(this.news, news(this.shown, next.shown));
      setText(this.alarm, ALARMS[next.shown] ?? "");
    }
    this.shown = next.shown;
    document.documentElement.dataset.liveState = next.shown;
    setText(this.word, next.word);
    setText(this.age, next.age);
    this.offer(next);
  }

  /** During a blip the line stays as it was, but the age goes on. */
  keepAgeing() {
    if (this.shown !== "live") return;
    const { lastSign } = this.live.status();
    setText(this.age, checked(Date.now() - lastSign));
  }

  /** @param {Live.Appearance} appearance */
  offer({ shown, action = "" }) {
    const isLink = shown === "signed-out";
    const here = location.pathname + location.search;
    const mark = this.login.includes("?") ? "&" : "?";
    this.link.hidden = !isLink;
    this.link.href = `${this.login}${mark}next=${encodeURIComponent(here)}`;
    this.button.hidden = isLink || action === "";
    setText(isLink ? this.link : this.button, action);
  }
}

/** A screen reader would say again what already stands there, so that is not written again.
 *
 * @param {Element} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
