/** What the help desk's scripts get from the server, for editors and `make lint`. Browsers never
 * load this file, and the scripts name these types in their comments without importing anything. */
declare namespace Desk {
  /** A user or a queue. */
  interface Named {
    id: number;
    name: string;
  }

  interface Ticket {
    id: number;
    subject: string;
    status: string;
    priority: string;
    queue: Named;
    assignee: Named | null;
    requester_name: string;
    requester_email: string;
    tags: string[];
    due_at: string | null;
    version: number;
    created_at: string;
    /** The last word is the requester's, internal notes aside. */
    awaits_answer: boolean;
    /** The number of the ticket where its conversation goes on. */
    merged_into?: number | null;
    last_activity_at: string;
    last_activity_by: Side;
    updated_at: string;
  }

  type Side = "agent" | "requester" | "system";

  /** What a comment moves: of these the later position in the log counts, not the version. */
  type Activity = Pick<Ticket, "id" | "last_activity_at" | "last_activity_by" | "updated_at">;

  interface Comment {
    id: number;
    author: Named | null;
    author_name?: string;
    /** These are the requester's words. */
    requester: boolean;
    via: "page" | "api" | "phone" | "mail";
    body: string;
    internal: boolean;
    created_at: string;
    /** null: it is not mailed. */
    mail?: Mail | null;
    /** There is more of it than its body: what it quotes. */
    quoted?: boolean;
    /** A process of a release before there were files sends none. */
    attachments?: Attachment[];
    /** Its body is only the beginning: a page of its own has the whole. */
    shortened?: true;
  }

  /** What has become of the mail of a reply. */
  interface Mail {
    state: "queued" | "sent" | "failed";
    reason: string;
    to: string;
    cc: string[];
  }

  interface Mailed {
    ticket: { id: number };
    comment: { id: number; mail: Mail };
  }

  interface Attachment {
    id: number;
    name: string;
    size: number;
    type: string;
    url: string;
    /** Of what browsers may show; all else is only saved. */
    picture: { width: number; height: number } | null;
  }

  /** A file that was uploaded and not sent. */
  type Kept = Pick<Attachment, "id" | "name" | "size">;

  type Value = string | string[] | Named | null;

  /** Of each field what it was and what it is; a long text comes without values. */
  type Changes = Record<string, [Value, Value] | []>;

  interface Deed {
    changes: Changes;
    actor: Named | null;
  }

  type Change = Deed & { ticket: Ticket; at: string };

  interface Said {
    ticket: Activity;
    comment: Comment;
    actor: Named | null;
    at: string;
  }

  /** An event of the stream with its position in the log. */
  type Event =
    | { type: "ticket.created" | "ticket.updated"; id: number; data: Change }
    | { type: "ticket.removed"; id: number; data: { ticket: { id: number } } }
    | { type: "comment.created"; id: number; data: Said }
    | { type: "comment.mailed"; id: number; data: Mailed }
    | { type: "presence"; id: number; data: Presence };

  /** This reader was told something about a ticket, whose number stands there. */
  type Told = { type: "notice.created"; data: { notice: { ticket: number } } };

  /** An event, or one that only this reader hears. */
  type Heard = Event | { type: "ticket.seen"; id: number; data: Seen };

  /** The counters beside the list, and the log position that they are at least as new as. */
  interface Counts {
    head: number;
    total: number;
    links: Record<string, number>;
    /** When time alone changes a number. */
    until: string;
  }

  /** Somebody who has a ticket open. */
  interface Present extends Named {
    state: "viewing" | "replying";
  }

  interface Presence {
    ticket: { id: number };
    people: Present[];
  }

  /** A page as the server gives it now, and the log position that it is at least as new as. */
  interface Fetched {
    page: Document;
    head: number;
  }

  /** What the server says of what was done, and the change that can be taken back: "ticket version". */
  interface Message {
    words: string;
    change: string;
  }

  /** What a page knows of a ticket: the ticket as events have it, and what is this reader's own. */
  type Known = Ticket & {
    /** Others said something since this reader opened the ticket. */
    unread?: boolean;
  };

  /** One page of a list as the server gives it now. */
  interface Listing {
    results: Known[];
    count: number;
    page: number;
    pages: number;
    head: number;
  }

  /** This reader has opened the ticket, in any tab, and seen its comments up to this one. */
  interface Seen {
    ticket: { id: number };
    comment: number;
  }
}
