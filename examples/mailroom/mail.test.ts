import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMailDate } from "./mail-date.ts";
import { decodeText, decodeWords, parseAddress, parseMail } from "./mail.ts";
import { mailingListOf } from "./mailing-list.ts";

/** A mail of these lines; characters up to U+00FF stand for bytes. */
const mail = (...lines: string[]) => parseMail(Buffer.from(lines.join("\n"), "latin1"));

test("reads a plain mail of a mailbox file", () => {
  const read = mail(
    "From kre@example.org  Thu Aug 22 12:36:23 2002",
    "Subject: Re: New",
    "\tSequences Window",
    "FROM: Robert Elz <Kre@Example.ORG>",
    "Date: Thu, 22 Aug 2002 18:26:25 +0700",
    "this line is no header",
    "Content-Type: Text/Plain; charset=us-ascii",
    "",
    "Hello",
    "",
    "From here on",
  );
  assert.equal(read.subject, "Re: New Sequences Window");
  assert.deepEqual(read.from, { address: "kre@example.org", domain: "example.org", displayName: "Robert Elz" });
  assert.equal(read.date?.toISOString(), "2002-08-22T11:26:25.000Z");
  assert.equal(read.contentType, "text/plain");
  assert.equal(read.body, "Hello\n\nFrom here on");
  assert.deepEqual(
    read.headers.map((header) => header.name),
    ["subject", "from", "date", "content-type"],
  );
});

test("survives mails that have next to nothing", () => {
  for (const source of ["", "\n", "\n\n\n", "no header at all", "Subject: only a header"]) {
    const read = parseMail(Buffer.from(source));
    assert.equal(read.date, null, JSON.stringify(source));
    assert.equal(read.body.trim(), "", JSON.stringify(source));
    assert.equal(read.from.domain, null, JSON.stringify(source));
  }
  assert.equal(mail("", "body of a mail without headers").body, "body of a mail without headers");
});

test("prefers the plain text of parts in parts, leaves attachments out and keeps the list's footer", () => {
  const read = mail(
    'Content-Type: multipart/mixed; boundary="a+b"',
    "",
    "This is a multi-part message in MIME format.",
    "--a+b",
    "Content-Type: multipart/alternative; boundary=a+b.c",
    "",
    "--a+b.c",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from("Grüße\r\naus Köln").toString("base64"),
    "--a+b.c",
    "Content-Type: text/html",
    "",
    "<p>Grüße</p>",
    "--a+b.c--",
    "--a+b",
    "Content-Type: text/plain; name=notes.txt",
    "Content-Disposition: attachment",
    "",
    "attached",
    "--a+b",
    "Content-Type: application/pgp-signature",
    "",
    "-----BEGIN PGP SIGNATURE-----",
    "--a+b",
    "",
    "Irish Linux Users' Group: ilug@example.org",
    "--a+b--",
    "after the end",
  );
  assert.equal(read.contentType, "multipart/mixed");
  assert.equal(read.body, "Grüße\naus Köln\nIrish Linux Users' Group: ilug@example.org");
});

test("reads mail whose structure is broken", () => {
  const cases: readonly (readonly [what: string, lines: string[], body: string])[] = [
    ["cut off before the last boundary", ["Content-Type: multipart/mixed; boundary=x", "", "--x", "", "text"], "text"],
    ["a boundary that never comes", ["Content-Type: multipart/mixed; boundary=x", "", "just text"], "just text"],
    ["a boundary that is not declared", ["Content-Type: multipart/mixed", "", "just text"], "just text"],
    ["a quote that never closes", ['Content-Type: multipart/mixed; boundary="x', "", "--x", "", "text", "--x--"], "text"],
    ["no semicolon", ["Content-Type: text/plain charset=iso-8859-15", "", "10 \xa4"], "10 €"],
    ["only HTML", ["Content-Type: text/html", "", "<b>Buy</b> &amp; win"], "<b>Buy</b> &amp; win"],
    [
      "only HTML in the parts",
      ["Content-Type: multipart/related; boundary=x", "", "--x", "Content-Type: text/html", "", "<b>hi</b>", "--x--"],
      "<b>hi</b>",
    ],
    ["a part of which nothing is shown", ["Content-Type: multipart/mixed; boundary=x", "", "--x", "--x--"], ""],
    [
      "quoted-printable with a stray =",
      ["Content-Transfer-Encoding: Quoted-Printable", "", "a=3Db, 1=1 and =", "on=\t", "e"],
      "a=b, 1=1 and one",
    ],
    ["a zero byte", ["", "a\0b"], "a\u{fffd}b"],
  ];
  for (const [what, lines, body] of cases) assert.equal(mail(...lines).body, body, what);
});

test("ends the parts of a mail that nests them without end", () => {
  const nested = Array.from({ length: 1000 }, (_, i) => `--${i}\nContent-Type: multipart/mixed; boundary=${i + 1}\n`);
  assert.equal(mail("Content-Type: multipart/mixed; boundary=0", "", ...nested).body, "");
});

test("decodes text by its charset, and by its bytes where the charset is missing, unknown or not true", () => {
  const cases: readonly (readonly [bytes: string, charset: string | undefined, text: string])[] = [
    ["caf\xe9", "iso-8859-1", "café"],
    ["caf\xc3\xa9", "utf-8", "café"],
    ["caf\xe9", "utf-8", "café"],
    ["caf\xc3\xa9", undefined, "café"],
    ["\x93caf\xe9\x94", "DEFAULT_CHARSET", "“café”"],
    ["\xc4\xe3\xba\xc3", "GB2312", "你好"],
    ["\x1b$BF|K\\\x1b(B", "iso-2022-jp", "日本"],
  ];
  for (const [bytes, charset, text] of cases) assert.equal(decodeText(bytes, charset), text, charset);
});

test("decodes the encoded words of headers", () => {
  const cases: readonly (readonly [written: string, text: string])[] = [
    ["plain = text ?=", "plain = text ?="],
    ["=?iso-8859-1?Q?Patrik_Fältström?=", "Patrik Fältström"],
    ["=?ISO-8859-1?q?K=F6ln_am?= Rhein", "Köln am Rhein"],
    ["=?utf-8?B?R3LDvMOf?= =?utf-8?q?e!?= you", "Grüße! you"],
    ["=?utf-8*de?Q?=C3=BC?=", "ü"],
    ["=?no-such-charset?Q?caf=E9?=", "café"],
    ["=?utf-8?X?abc?=", "=?utf-8?X?abc?="],
  ];
  for (const [written, text] of cases) assert.equal(decodeWords(written), text, written);
});

test("takes addresses apart", () => {
  const cases: readonly (readonly [written: string, address: string, domain: string | null, name: string | null])[] = [
    ['"Elz, Robert" <KRE@example.org>', "kre@example.org", "example.org", "Elz, Robert"],
    ["kre@example.org (Robert Elz)", "kre@example.org", "example.org", "Robert Elz"],
    ["kre@example.org", "kre@example.org", "example.org", null],
    ["< kre@example.org >", "kre@example.org", "example.org", null],
    ["Undisclosed", "undisclosed", null, null],
    ['"" <>', '"" <>', null, null],
  ];
  for (const [written, address, domain, displayName] of cases)
    assert.deepEqual(parseAddress(written), { address, domain, displayName }, written);
});

test("reads dates whatever the zone of the machine, and does not guess", () => {
  const cases: readonly (readonly [written: string, instant: string | null])[] = [
    ["Thu, 22 Aug 2002 18:26:25 +0700", "2002-08-22T11:26:25.000Z"],
    ["Wed,29 May 2002 17:51:47 +0800 (CST)", "2002-05-29T09:51:47.000Z"],
    ["1 Jan 2002 00:30 EST", "2002-01-01T05:30:00.000Z"],
    ["Fri, 19 Jul 02 09:42:07 -0400 AWL version=2.40", "2002-07-19T13:42:07.000Z"],
    ["Thu, 18 Jul 2002 21:16:12 version=2.40", "2002-07-18T21:16:12.000Z"],
    ["28 Jun 01 10:05:15 PM", "2001-06-28T22:05:15.000Z"],
    ["03 Jul 01 12:47:50 AM", "2001-07-03T00:47:50.000Z"],
    ["Sat Sep 21 08:18:08 2002", "2002-09-21T08:18:08.000Z"],
    ["Sun, 09 Jul 97 10:00:00 GMT", "1997-07-09T10:00:00.000Z"],
    ["Thu, 22 Aug 0102 12:07:35 +0800", "0102-08-22T04:07:35.000Z"],
    ["Mon, 22 Jul 102 15:07:27 -0000", "0102-07-22T15:07:27.000Z"],
    ["Fri, 30 Aug 02 21:48:08 Eastern Daylight Time", null],
    ["Sat, 21 Sep 02 05:01:06 GMT Daylight Time", null],
    ["Thu, 29 Aug 2002 15:36:58 +-0500", null],
    ["Sun, 31 Jun 2002 12:00:00 +0000", null],
    ["Sun, 30 Jun 2002 25:00:00 +0000", null],
    ["2002/09/14 Sat 02:29:32 CDT", null],
    ["yesterday", null],
    ["", null],
  ];
  for (const [written, instant] of cases) assert.equal(parseMailDate(written)?.toISOString() ?? null, instant, written);
});

test("finds the mailing list in the headers of one list program or another", () => {
  const cases: readonly (readonly [header: string, name: string | undefined, title: string | null])[] = [
    ["List-Id: Irish Linux Users' Group <ilug.example.org>", "ilug", "Irish Linux Users' Group"],
    ["List-Id: <Razor-Users.example.org>", "razor-users", null],
    ["List-Post: <mailto:fork@example.org>", "fork", null],
    ["X-BeenThere: exmh-users@example.org", "exmh-users", null],
    ["Mailing-List: list zzzzteana@example.org; contact owner@example.org", "zzzzteana", null],
    ["Mailing-List: contact vulnwatch-help@example.org; run by ezmlm", "vulnwatch", null],
    ["X-Mailing-List: <0xdeadbeef@example.org> archive/latest/529", "0xdeadbeef", null],
    ["List-Post: NO (posting not allowed on this list)", undefined, null],
    ["To: ilug@example.org", undefined, null],
  ];
  for (const [header, name, title] of cases)
    assert.deepEqual(mailingListOf(mail(header, "").headers), name === undefined ? null : { name, title }, header);
});
