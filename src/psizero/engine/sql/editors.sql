-- kind: settings.changed
select name, value, "by", recorded_at as changed_at, position from batch
