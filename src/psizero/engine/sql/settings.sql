-- kind: settings.changed
select name, value, position from batch
