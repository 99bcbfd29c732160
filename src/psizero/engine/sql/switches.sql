-- kind: switch.changed
select subject as scope, stopped, "by", because, recorded_at as changed_at, position from batch
