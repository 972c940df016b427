/** A sound, and desktop notifications, for notices that are still unread. One tab rings. */
import { remember, remembered } from "./of-browser.js";

const TOGETHER = 1500; // ms. Who reads the ticket just now marks it as read meanwhile.
const MOST = 3; // desktop notifications at once

/** @type {number[]} */
let waiting = [];

/**
 * @param {number} id
 * @param {() => Promise<unknown>} refresh the bell
 */
export async function ring(id, refresh) {
  if (waiting.push(id) > 1) return;
  // A tab that nobody has touched may make no sound, so it lets others go first.
  const rest = navigator.userActivation?.hasBeenActive ? 0 : 500;
  await new Promise((resolve) => setTimeout(resolve, TOGETHER + rest + Math.random() * 200));
  const ids = waiting;
  waiting = [];
  // Plain HTTP has no locks: there two tabs may ring at once.
  const ours = await (navigator.locks?.request("rang", () => claim(ids)) ?? claim(ids));
  if (ours.length === 0) return;
  await refresh();
  tell(ours.map((number) => document.querySelector(`[data-notice="${number}"] a`)));
}

/** Those that no other tab has told.
 *
 * @param {number[]} ids
 */
function claim(ids) {
  const last = remembered("rang") ?? 0;
  remember("rang", Math.max(last, ...ids));
  return ids.filter((id) => id > last);
}

/** @param {(Element | null)[]} links of the bell; null for what is not there any more */
function tell(links) {
  const unread = links.filter((link) => link instanceof HTMLAnchorElement);
  const { sound, desktop } = remembered("rings") ?? {};
  if (sound && unread.length > 0) play();
  if (!desktop || globalThis.Notification?.permission !== "granted") return;
  for (const link of unread.slice(0, MOST)) {
    // A newer one about the same ticket takes its place.
    const shown = new Notification(link.dataset.words ?? "", { tag: link.pathname });
    shown.onclick = () => {
      window.focus();
      location.assign(link.href);
    };
  }
}

/** Two tones, one after the other. */
export function play() {
  const audio = new AudioContext();
  const tone = new OscillatorNode(audio, { frequency: 880 });
  tone.frequency.setValueAtTime(1175, audio.currentTime + 0.15);
  tone.connect(new GainNode(audio, { gain: 0.1 })).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.3);
  setTimeout(() => audio.close(), 1000);
}
