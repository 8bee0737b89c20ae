/** E-mails as files (RFC 5322 and MIME): the plain part, or the HTML part as text; attachments by name. */
import PostalMime from "postal-mime";
import type { Address } from "postal-mime";
import type { DocumentText } from "./document.ts";
import { nothing, Unreadable } from "./document.ts";
import { textOfHtml } from "./html.ts";

export async function readMail(bytes: Uint8Array): Promise<DocumentText> {
  const mail = await PostalMime.parse(bytes);
  if (mail.headers.length === 0) throw new Unreadable("malformed: it has no header, so it is no e-mail");
  const text = mail.text?.trim() || (mail.html === undefined ? "" : textOfHtml(mail.html));
  const attached = mail.attachments.flatMap(({ filename }) => (filename ? [filename] : []));
  const sent = mail.date === undefined ? Number.NaN : Date.parse(mail.date);
  return {
    ...nothing,
    title: mail.subject ?? null,
    text: [text, ...(attached.length > 0 ? [`Attached: ${attached.join(", ")}`] : [])].join("\n\n").trim(),
    sender: mail.from ? addresses([mail.from]) : null,
    recipients: mail.to ? addresses(mail.to) : null,
    sent: Number.isNaN(sent) ? null : sent,
  };
}

/** null where there is none. */
function addresses(all: readonly Address[]): string | null {
  const found = all.flatMap(({ address, group }) => (address ? [address] : (group ?? []).map((one) => one.address)));
  return found.filter((one) => one !== undefined && one !== "").join(", ") || null;
}
