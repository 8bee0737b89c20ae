-- What is known of the rows of values that are judged together; what people said of alarms is read where it was said.

alter table inlay.series_states add column row_state bytea;
alter table inlay.series_states drop column share;
update inlay.alarms set body = body || jsonb_build_object('series_id',
  (select part->'series_id' from jsonb_array_elements(body->'parts') as part where part->'series' = body->'series' limit 1));
create index on inlay.alarms (use_case) where mark is not null;
