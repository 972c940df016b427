/** What is typed is never lost: kept in this tab until the ticket shows it as said. */

export class Draft {
  constructor(key, { body, internal }) {
    Object.assign(this, { key, body, internal });
  }

  /** Bring back what was not sent; `said(after)` are the texts sent by this user since then. */
  restore(said) {
    const { text, note, sentAfter } = this.read();
    if (!text || this.body.value) return false;
    if (sentAfter !== undefined && said(sentAfter).includes(text.trim())) {
      this.write(null);
      return false;
    }
    this.body.value = text;
    this.internal.value = note;
    return true;
  }

  keep() {
    this.write(this.body.value ? { text: this.body.value, note: this.internal.value } : null);
  }

  /** On its way; `lastComment` was the newest on the page then. */
  sent(lastComment) {
    this.write({ text: this.body.value, note: this.internal.value, sentAfter: lastComment });
  }

  read() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key)) ?? {};
    } catch (error) {
      console.warn("The draft could not be read:", error);
      return {};
    }
  }

  write(draft) {
    try {
      if (draft) sessionStorage.setItem(this.key, JSON.stringify(draft));
      else sessionStorage.removeItem(this.key);
    } catch (error) {
      console.warn("The draft could not be kept:", error);
    }
  }
}
