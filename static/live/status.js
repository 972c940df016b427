/** Says at the top right how fresh the page is: a dot, a word, and an age that grows by itself. */
const BLIP = 3000; // shorter interruptions are nobody's business …
const FRESH = 30_000; // … unless they were noticed late, as after a silence or a sleep
const NOT_LIVE = 15_000; // from here on "Reconnecting" would promise too much

const WAITS_FOR_A_PERSON = {
  "signed-out": { word: "Signed out", action: "Log in" },
  replaced: { word: "Replaced: open in another window", action: "Use here" },
  "other-user": { word: "Signed in as someone else", action: "Reload" },
  stale: { word: "Out of date", action: "Reload" },
};

/** What to show of `status` at `now`, given what is `shown` so far ("connecting" at first). */
export function appearance({ state, reason, since, lastSign }, now, shown) {
  if (state === "live") {
    return { shown: "live", word: "Live", age: `· last sign ${ago(now - lastSign)}` };
  }
  if (state in WAITS_FOR_A_PERSON) return { shown: state, age: "", ...WAITS_FOR_A_PERSON[state] };
  const lasted = Math.max(0, now - since);
  const blip = lasted <= BLIP && now - lastSign <= FRESH;
  if (blip && ["live", "connecting"].includes(shown)) return null;
  if (lasted <= NOT_LIVE && reason !== "degraded") {
    return { shown: "reconnecting", word: "Reconnecting…", age: "", action: "Try now" };
  }
  const age = `last update ${timeOfDay(lastSign, now)}`;
  return { shown: "not-live", word: "Not live,", age, action: "Try now" };
}

/** What a listener hears politely: that it was lost, and that it is back. */
export function news(before, after) {
  if (after === "signed-out") return ""; // that is an alarm
  if (after === "live") return before === "connecting" ? "" : "Reconnected.";
  return "This page is no longer live.";
}

function ago(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3600)} h ago`;
}

function timeOfDay(then, now) {
  const date = new Date(then);
  const time = { hour: "2-digit", minute: "2-digit" };
  const today = date.toDateString() === new Date(now).toDateString();
  return today
    ? date.toLocaleTimeString([], time)
    : date.toLocaleString([], { ...time, day: "numeric", month: "short" });
}

export class StatusLine {
  constructor(element, { login, live }) {
    const part = (name) => element.querySelector(`.live-${name}`);
    Object.assign(this, { login, live, shown: "connecting" });
    this.word = part("word");
    this.age = part("age");
    this.button = part("button");
    this.link = part("link");
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
    const next = appearance(this.live.status(), Date.now(), this.shown);
    if (next === null) return this.keepAgeing();
    if (next.shown !== this.shown) {
      setText(this.news, news(this.shown, next.shown));
      setText(this.alarm, next.shown === "signed-out" ? "Signed out. Log in to go on." : "");
    }
    this.shown = next.shown;
    document.documentElement.dataset.liveState = next.shown;
    setText(this.word, next.word);
    setText(this.age, next.age);
    this.offer(next);
  }

  /** During a blip the line stands as it was, but the age goes on. */
  keepAgeing() {
    if (this.shown !== "live") return;
    const { lastSign } = this.live.status();
    setText(this.age, `· last sign ${ago(Date.now() - lastSign)}`);
  }

  offer({ shown, action = "" }) {
    const isLink = shown === "signed-out";
    const here = location.pathname + location.search;
    this.link.hidden = !isLink;
    this.link.href = `${this.login}?next=${encodeURIComponent(here)}`;
    this.button.hidden = isLink || action === "";
    setText(isLink ? this.link : this.button, action);
  }
}

/** Writing what already stands there would make screen readers say it again. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
