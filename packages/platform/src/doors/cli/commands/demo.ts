/**
 * The demo: from an existing database of real mail to decisions over HTTP, with what was seen and measured on the way. Everything
 * it does is done by the same flows as the other commands; what it leaves is a project folder like any other.
 */
import { formatPercent } from "#base/text";
import type { Command } from "#doors/cli/command";
import { decisionText } from "#doors/cli/commands/decide";
import { progressTo, snapshotLine, versionText } from "#doors/cli/commands/build";
import { seriesText } from "#doors/cli/commands/forecast";
import type { Output } from "#doors/cli/output";
import type { Services } from "#doors/cli/services";
import type { ForecastPage } from "#flows/look-ahead/look-ahead";
import type { Decision } from "#records/decision";
import { passesGates } from "#records/model-version";
import type { Finding, ReadinessReport } from "#records/readiness-report";

const useCase = "mail-routing";
const aheadUseCase = "job-seekers";

/** One mail for each of the three ways. None of them is in the data. */
const mails: readonly { readonly about: string; readonly record: Readonly<Record<string, string | number>> }[] = [
  {
    about: "The model decides",
    record: {
      sender: "deals4you@bargain-mail.example",
      sender_domain: "bargain-mail.example",
      subject: "Lowest mortgage rates ever, act now",
      body: "Dear homeowner, save thousands! Click here for a free quote, no obligation. To be removed from our mailing list reply with REMOVE.",
      content_type: "text/html",
      size: 2900,
    },
  },
  {
    about: "A rule decides",
    record: {
      sender: "mailer-daemon@relay.example",
      sender_domain: "relay.example",
      subject: "Returned mail: user unknown",
      body: "The following addresses had permanent fatal errors.",
      content_type: "text/plain",
      size: 1800,
    },
  },
  {
    about: "A person decides",
    record: {
      sender: "anna@new-customer.example",
      sender_domain: "new-customer.example",
      subject: "Quick question",
      body: "Hi, could you call me back tomorrow about the thing we discussed? Thanks, Anna",
      content_type: "text/plain",
      size: 700,
    },
  },
];

export const demo: Command = {
  name: "demo",
  summary: "See all of it on real mail: from a database to decisions over HTTP",
  details: "Makes the mailroom (a SQLite database of some 6,000 real e-mails) in a folder of its own and works there.",
  positionals: [],
  options: {
    once: { description: "Stop after the three decisions instead of serving on" },
    port: { description: "Port (default: 8417, or a free one)", value: "PORT" },
    folder: { description: "Where to put the project (default: ./inlay-demo)", value: "FOLDER" },
  },
  examples: ["inlay demo", "inlay demo --once"],
  async run({ options, out, signal, services }) {
    const say = out.note;
    say("\nInlay, shown on the mail of a company: which mailbox does a mail belong to?\n");
    out.progress("making the mailroom", null);
    const mailroom = await services.demo(options.text("folder") ?? "inlay-demo", (share) =>
      out.progress("making the mailroom", share),
    );
    say(`1. An existing system: ${mailroom.about}`);

    const builder = await mailroom.services.builder();
    const built = await builder.train(useCase, { signal, onProgress: progressTo(out) });
    say(`\n2. Frozen: ${snapshotLine(built.snapshot)}`);
    say(
      `\n3. Readiness says ${built.report.verdict}, with ${built.report.findings.filter((finding) => finding.verdict !== "pass").length} findings, among them:`,
    );
    for (const line of topFindings(built.report)) say(`   ${line}`);
    say(`\n4. Trained and judged without what leaked:\n`);
    say(indent(versionText(built.version)));
    const deployment = await (await mailroom.services.release()).deploy(useCase, built.version.version, "demo");
    say(`\n5. Deployed: version ${deployment.version} stands behind ${useCase}, autonomy ${deployment.policy.autonomy}.`);

    const stop = new AbortController();
    const until = AbortSignal.any([signal, stop.signal]);
    const { secret } = await (
      await mailroom.services.keys()
    ).create({ name: "demo", verbs: ["decide", "read", "review"], useCases: [], lifetimeMs: 7 * 86_400_000 });
    const address = Promise.withResolvers<string>();
    const serving = mailroom.services.serve(
      { host: "127.0.0.1", port: Number(options.text("port") ?? 8417), orFree: true },
      until,
      address.resolve,
    );
    try {
      const url = await Promise.race([
        address.promise,
        serving.then(() => Promise.reject(new Error("the server stopped at once"))),
      ]);
      const decisions = await decideAll(url, secret, out);
      const ahead = await lookAhead(mailroom.services, out, signal);
      out.answer({ version: built.version, readiness: built.report.verdict, decisions, ahead, url }, summary(decisions));
      if (options.flag("once")) return;
      say(
        [
          "",
          `Serving at ${url}: status page ${url}/, API ${url}/docs. Ask it yourself:`,
          ...mails.map((mail) => curl(useCase, mail, url, secret)),
          curl(
            aheadUseCase,
            { about: "The model looks ahead", record: { industry: "Construction", month: "2010-03" } },
            url,
            secret,
          ),
          "",
          "Stop with Ctrl-C.",
        ].join("\n"),
      );
      await serving;
    } finally {
      stop.abort();
      await serving.catch(() => {});
    }
  },
};

/** The second use case: what is to come, from the table of counts to a drawing. */
async function lookAhead(services: Services, out: Output, signal: AbortSignal): Promise<ForecastPage> {
  out.note(
    "\n7. Another existing system: job-centre.db, the people who look for work, by industry and month. How many will be there?\n",
  );
  const builder = await services.builder();
  const { version } = await builder.train(aheadUseCase, { signal, onProgress: progressTo(out) });
  out.note(indent(versionText(version)));
  const page = await (await services.lookAhead()).forecast(aheadUseCase, { version: version.version, limit: 1, history: 60 });
  out.note(`\n${indent(seriesText(page, page.series[0]!, { rows: 9, isTable: false }))}\n`);
  if (passesGates(version)) await (await services.release()).deploy(aheadUseCase, version.version, "demo");
  return page;
}

export interface Demo {
  readonly services: Services;
  /** What the existing system holds, in a line. */
  readonly about: string;
}

async function decideAll(url: string, secret: string, out: Output): Promise<Decision[]> {
  out.note("\n6. Three mails come in over HTTP:\n");
  const decisions: Decision[] = [];
  for (const mail of mails) {
    const response = await fetch(`${url}/v1/use-cases/${useCase}/decisions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
      body: JSON.stringify({ record: mail.record }),
    });
    if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`);
    const decision = (await response.json()) as Decision;
    out.note(`   ${mail.about}. "${String(mail.record["subject"])}"`);
    out.note(`${indent(decisionText(decision))}\n`);
    decisions.push(decision);
  }
  return decisions;
}

/** Leaks first, then the rest, worst first; each in a line. */
function topFindings(report: ReadinessReport): string[] {
  const weight = (finding: Finding): number => (finding.remedy ? 0 : finding.verdict === "block" ? 1 : 2);
  const shown = report.findings.filter((finding) => finding.verdict !== "pass").sort((a, b) => weight(a) - weight(b));
  return shown.slice(0, 8).map((finding) => `${finding.remedy ? "dropped" : finding.verdict}: ${shorten(finding.detail, 150)}`);
}

function summary(decisions: readonly Decision[]): string {
  return decisions
    .map(
      (decision) =>
        `${decision.path.padEnd(11)} -> ${decision.outcome ?? "waits for a person"}${decision.confidence === null ? "" : ` (confidence ${formatPercent(decision.confidence)})`}`,
    )
    .join("\n");
}

function curl(of: string, { about, record }: (typeof mails)[number], url: string, secret: string): string {
  const body = JSON.stringify({ record }).replaceAll("'", "'\\''");
  return `\n# ${about}\ncurl -s ${url}/v1/use-cases/${of}/decisions -H 'authorization: Bearer ${secret}' -H 'content-type: application/json' -d '${body}'`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "   ");
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}
