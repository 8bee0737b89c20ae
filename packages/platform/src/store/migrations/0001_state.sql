-- The state of Inlay. Key columns are typed, the whole record lies in `body` as it is defined in records/.

create table inlay.snapshots (
  hash text not null,
  use_case text not null,
  taken_at timestamptz not null,
  seq bigint generated always as identity,
  body jsonb not null,
  primary key (use_case, hash)
);

create table inlay.readiness_reports (
  id uuid primary key,
  use_case text not null,
  snapshot text not null,
  verdict text not null,
  made_at timestamptz not null,
  body jsonb not null
);

create table inlay.model_versions (
  use_case text not null,
  version int not null,
  artifact text not null,
  trained_at timestamptz not null,
  body jsonb not null,
  primary key (use_case, version)
);

create table inlay.deployments (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  use_case text not null,
  version int not null,
  deployed_at timestamptz not null,
  body jsonb not null
);
create index on inlay.deployments (use_case, seq desc);

create table inlay.decisions (
  id uuid primary key,
  use_case text not null,
  key text,
  path text not null,
  outcome text,
  model_version int,
  decided_at timestamptz not null,
  body jsonb not null
);
create index on inlay.decisions (use_case, decided_at desc);

create table inlay.reviews (
  id uuid primary key,
  use_case text not null,
  status text not null check (status in ('open', 'accepted', 'overridden')),
  suggestion text,
  outcome text,
  reason text,
  opened_at timestamptz not null,
  closed_at timestamptz,
  closed_by text
);
create index on inlay.reviews (use_case, status, opened_at, id);

create table inlay.outcomes (
  decision_id uuid primary key,
  use_case text not null,
  outcome text not null,
  recorded_at timestamptz not null,
  recorded_by text not null
);

create table inlay.api_keys (
  id text primary key,
  name text not null,
  secret_hash text not null,
  verbs text[] not null,
  use_cases text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);

create function inlay.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is immutable', tg_table_name using errcode = 'object_not_in_prerequisite_state';
end $$;

do $$
declare name text;
begin
  foreach name in array array['snapshots', 'readiness_reports', 'model_versions', 'deployments', 'decisions'] loop
    execute format('create trigger immutable before update or delete on inlay.%I for each row execute function inlay.refuse_change()', name);
  end loop;
end $$;
