-- Messages to people about alarms, written in the transaction that writes the alarm and sent afterwards.

create table inlay.notices (
  id uuid primary key,
  seq bigint generated always as identity,
  receiver text not null,
  use_case text not null,
  alarm uuid not null,
  type text not null,
  body json not null,
  made_at timestamptz not null,
  status text not null check (status in ('waiting', 'delivered', 'dead')),
  attempts int not null default 0,
  next_at timestamptz,
  problem text,
  done_at timestamptz
);
create index on inlay.notices (next_at) where status = 'waiting';
create index on inlay.notices (alarm, receiver, seq desc);
create index on inlay.notices (made_at desc, seq desc);
