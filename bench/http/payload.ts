/** What is asked, by both servers alike: mails as they come. */
export const useCase = "mail-routing";

export const path = `/v1/use-cases/${useCase}/decisions`;

export interface Payload {
  readonly name: string;
  readonly body: string;
}

const sender = { sender: "deals4you@bargain-mail.example", sender_domain: "bargain-mail.example", content_type: "text/html" };

export const payloads: readonly Payload[] = [
  {
    name: "a short message",
    body: JSON.stringify({
      record: {
        ...sender,
        subject: "Lowest mortgage rates ever, act now",
        body: "Dear homeowner, our lenders compete for your business. Click here for a free quote, no obligation.",
        size: 1200,
      },
    }),
  },
  {
    name: "a mail of 600 characters",
    body: JSON.stringify({
      record: {
        ...sender,
        subject: "Lowest mortgage rates ever, act now",
        body: [
          "Dear homeowner,",
          "save thousands on your mortgage! Rates have never been lower, and our lenders compete for your business.",
          "Click here for a free quote, no obligation. It takes two minutes, and past credit problems are no obstacle.",
          "Thousands of families have already lowered their monthly payments. Do not wait until rates go up again.",
          "To be removed from our mailing list reply with REMOVE in the subject line.",
        ].join("\n"),
        size: 2900,
      },
    }),
  },
];

/** What a server says on standard output once it takes requests. */
export interface Listening {
  readonly url: string;
  /** An API key, where one is needed. */
  readonly key: string;
}
