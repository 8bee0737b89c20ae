-- Series that are watched: what is known of each, and the alarms that came of it. Both change in one transaction.

create table inlay.series_states (
  use_case text not null,
  version int not null,
  id text not null,
  deployment uuid,
  last_at timestamptz,
  valued_at timestamptz,
  share double precision not null default 1,
  state bytea not null,
  recent bytea,
  primary key (use_case, version, id)
);
create index on inlay.series_states (use_case, version, last_at);

create table inlay.alarms (
  id uuid primary key,
  use_case text not null,
  start_at timestamptz not null,
  end_at timestamptz not null,
  open boolean not null,
  mark text check (mark in ('useful', 'noise', 'expected')),
  raised_at timestamptz not null,
  body jsonb not null
);
create index on inlay.alarms (use_case, start_at desc, id desc);
create index on inlay.alarms (use_case, end_at);
create index on inlay.alarms (use_case) where open;
