/** Documents of a folder: every readable one gives its text, every other one says why, and none spoils the rest. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { isFailure } from "#base/errors";
import type { Connection } from "#connectors/connector";
import { files } from "#connectors/files/files";
import type { DocumentFormat } from "#documents/document";
import { documentLimits } from "#documents/document";
import { readDocument } from "#documents/read-document";
import { readDocuments } from "#documents/read-documents";
import { docx, docxOf, pdf, zipBomb } from "./support/document-files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "inlay-documents-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

const open = (timeout = "1m"): Connection =>
  files.open("archive", { type: "files", path: ".", owner: undefined, timeout }, folder);

type Row = Record<string, string | number | null>;

async function query(sql: string, connection = open()): Promise<Row[]> {
  try {
    const { fields, batches } = await connection.read(sql);
    const rows: Row[] = [];
    for await (const table of batches()) {
      for (let at = 0; at < table.rows; at++) {
        rows.push(Object.fromEntries(fields.map(({ name }) => [name, table.columns[name]!.values[at]!])));
      }
    }
    return rows;
  } finally {
    await connection.close();
  }
}

const eml = [
  "From: Ann <ann@example.com>",
  "To: desk@example.com, Bob <bob@example.com>",
  "Subject: =?utf-8?B?UmVjaG51bmcgZsO8ciBNw6Ryeg==?=",
  "Date: Tue, 03 Mar 2026 10:00:00 +0100",
  "MIME-Version: 1.0",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "--b",
  "Content-Type: text/html; charset=iso-8859-1",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "<p>Guten Tag,</p><script>alert(1)</script><p>die Geb=FChr fehlt.</p>",
  "--b",
  'Content-Type: application/pdf; name="invoice.pdf"',
  'Content-Disposition: attachment; filename="invoice.pdf"',
  "Content-Transfer-Encoding: base64",
  "",
  "JVBERg==",
  "--b--",
].join("\r\n");

test("each format becomes text, with title, pages, sender and time where it has them", async () => {
  await write("invoices/march.pdf", pdf(["Invoice 4711", "Total (net) 12 EUR"], { title: "March" }));
  await write("letters/offer.docx", docx(["Dear customer,", "our offer &amp; terms"]));
  await write(
    "web/page.html",
    `<title>Prices</title><style>p{}</style><p>Bread &uuml;ber <a href="x">cake</a></p><script>1</script>`,
  );
  await write("mail/one.eml", eml);
  await write("notes.txt", Buffer.from([0xff, 0xfe, ...Buffer.from("grüße", "utf16le")]));
  await write("old.txt", Buffer.from("Gebühr", "latin1"));
  const rows = await query(
    "select path, folder, format, title, text, pages, sender, recipients, sent, problem from documents order by path",
  );
  const by = Object.fromEntries(rows.map((row) => [row["path"], row]));
  assert.deepEqual(
    rows.map(({ problem }) => problem),
    rows.map(() => null),
  );
  const invoice = by["invoices/march.pdf"]!;
  assert.deepEqual([invoice["folder"], invoice["title"], invoice["pages"]], ["invoices", "March", 2]);
  assert.match(invoice["text"] as string, /Invoice 4711\s+Total \(net\) 12 EUR/);
  assert.match(by["letters/offer.docx"]!["text"] as string, /Dear customer,\s+our offer & terms/);
  assert.equal(by["web/page.html"]!["title"], "Prices");
  assert.match(by["web/page.html"]!["text"] as string, /^Bread über cake$/m);
  const mail = by["mail/one.eml"]!;
  assert.equal(mail["title"], "Rechnung für März");
  assert.match(mail["text"] as string, /^Guten Tag,\s+die Gebühr fehlt\.\s+Attached: invoice\.pdf$/);
  assert.deepEqual([mail["sender"], mail["recipients"]], ["ann@example.com", "desk@example.com, bob@example.com"]);
  assert.equal(mail["sent"], Date.UTC(2026, 2, 3, 9));
  assert.deepEqual([by["notes.txt"]!["text"], by["notes.txt"]!["folder"]], ["grüße", null]);
  assert.equal(by["old.txt"]!["text"], "Gebühr");
});

const bad: readonly (readonly [name: string, content: string | Uint8Array, says: RegExp])[] = [
  ["encrypted.pdf", pdf(["secret"], { encrypted: true }), /^encrypted: .*password/],
  ["scan.pdf", pdf([null, null]), /^scanned: its 2 pages are pictures.*OCR/],
  ["random.pdf", Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251)), /^malformed/],
  ["empty.pdf", "", /^empty/],
  ["half.pdf", pdf(["cut"]).subarray(0, 30), /^malformed/],
  ["half.docx", docx(["cut off"]).subarray(0, 400), /^malformed/],
  ["locked.docx", Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), /^encrypted/],
  ["picture.docx", Buffer.from("\x89PNG\r\n", "latin1"), /^malformed: it is no Word/],
  ["blank.txt", "  \n\t", /^empty/],
  ["blank.html", "<html><script>only()</script></html>", /^empty/],
  ["no.eml", "\n\njust a text", /^malformed: it has no header/],
];

test("what cannot be read says why, under its own name, and leaves the others alone", async () => {
  for (const [name, content] of bad) await write(name, content);
  await write("good.txt", "fine");
  const rows = await query("select path, text, problem from documents");
  assert.equal(rows.length, bad.length + 1);
  for (const [name, , says] of bad) {
    const row = rows.find(({ path }) => path === name)!;
    assert.equal(row["text"], null, name);
    assert.match(row["problem"] as string, says, name);
  }
  assert.deepEqual(
    rows.filter(({ problem }) => problem === null),
    [{ path: "good.txt", text: "fine", problem: null }],
  );
});

test("limits of pages, size and length cut or refuse, and say so", async () => {
  const limits = { ...documentLimits, maxPages: 3, maxBytes: 50_000, maxLength: 100 };
  const read = async (name: string, format: DocumentFormat, content: string | Uint8Array): ReturnType<typeof readDocument> =>
    readDocument(await write(name, content), format, limits);
  const long = await read("long.pdf", "pdf", pdf(Array.from({ length: 20 }, (_, at) => `page${at}`)));
  assert.deepEqual([long.pages, long.problem], [20, "cut: 3 of 20 pages were read"]);
  assert.match(long.text!, /page2/);
  assert.doesNotMatch(long.text!, /page3/);
  const large = await read("large.txt", "txt", "x".repeat(60_000));
  assert.deepEqual([large.text, large.problem], [null, "too large: 60.0 kB, and 50.0 kB is the limit"]);
  assert.equal((await read("wordy.txt", "txt", "x".repeat(200))).text?.length, 100);
});

test("a file that takes too long, or too much memory, costs itself alone; without the limit it is read", async () => {
  const heavy = await write("heavy.html", `<p>${"<b>x".repeat(120_000)}`);
  const all = [
    { path: heavy, format: "html" as const },
    { path: await write("next.txt", "after it"), format: "txt" as const },
  ];
  const problems = async (options: object): Promise<(string | null)[]> => {
    const told: (string | null)[] = [];
    for await (const { read } of readDocuments(all, { processes: 1, ...options })) told.push(read.problem);
    return told;
  };
  assert.match((await problems({ fileTimeoutMs: 20 }))[0]!, /^too slow/);
  const [greedy, afterGreedy] = await problems({ memoryMb: 110 });
  assert.match(greedy!, /^too large: .*memory/);
  assert.equal(afterGreedy, null);
  assert.deepEqual(await problems({}), [null, null], "control: with the usual limits it is read");
});

test("a small file that unpacks to a large one is stopped, and the next one is read", async () => {
  const bomb = await write("bomb.docx", zipBomb(300_000_000));
  const told: (string | null)[] = [];
  const all = [
    { path: bomb, format: "docx" as const },
    { path: await write("next.docx", docx(["after it"])), format: "docx" as const },
  ];
  for await (const { read } of readDocuments(all, { processes: 1, memoryMb: 150 })) told.push(read.problem);
  assert.match(told[0]!, /^too large: .*memory/);
  assert.equal(told[1], null);
});

test("a small Word file of millions of paragraphs is named, and the program goes on", async () => {
  await write("bomb.docx", docxOf(Buffer.from("<w:p/>".repeat(20_000_000))));
  await write("good.txt", "fine");
  assert.deepEqual(await query("select path, text, problem from documents"), [
    { path: "bomb.docx", text: null, problem: "too large: reading it took more than 512 MB of memory" },
    { path: "good.txt", text: "fine", problem: null },
  ]);
});

test("a query that does not name the documents does not read them, and one that asks for columns alone neither", async () => {
  await write("slow.html", `<p>${"<b>x".repeat(400_000)}`);
  await write("teams.csv", "id,team\n1,a\n");
  assert.deepEqual(await query("select team from teams", open("3s")), [{ team: "a" }]);
  const connection = open("3s");
  const columns = await connection.columns("select path, text, sent from documents");
  assert.deepEqual(
    columns.map(({ type }) => type),
    ["string", "string", "time"],
  );
  const described = await connection.describe();
  assert.deepEqual(
    described.map(({ name, rows }) => [name, rows]),
    [
      ["teams", 1],
      ["documents", 1],
    ],
  );
  await assert.rejects(
    query("select count(*) as n from documents", connection),
    (error) => isFailure(error, "QUERY_TIMEOUT"),
    "control: reading it takes longer",
  );
});

test("links out of the folder and hidden files are not read; nothing is written", async () => {
  await write("a/b/deep.txt", "deep");
  await write(".git/config.txt", "hidden");
  await symlink("/etc", join(folder, "etc"));
  await symlink("/etc/passwd", join(folder, "passwd.txt"));
  assert.deepEqual(await query("select path from documents"), [{ path: "a/b/deep.txt" }]);
  assert.deepEqual((await readdir(folder)).sort(), [".git", "a", "etc", "passwd.txt"]);
});

test("a file named documents.csv keeps its name", async () => {
  await write("documents.csv", "id\n7\n");
  await write("note.txt", "x");
  assert.deepEqual(await query("select id from documents"), [{ id: 7 }]);
});

test("the time limit of the system and a signal end the reading", async () => {
  for (let at = 0; at < 6; at++) await write(`slow${at}.html`, `<p>${"<b>x".repeat(400_000)}`);
  await assert.rejects(query("select count(*) as n from documents", open("100ms")), (error) => isFailure(error, "QUERY_TIMEOUT"));
  const connection = open();
  const cancel = new AbortController();
  const reading = connection.read("select text from documents", { signal: cancel.signal });
  cancel.abort();
  await assert.rejects(reading, (error) => isFailure(error, "CANCELLED"));
  await connection.close();
});
