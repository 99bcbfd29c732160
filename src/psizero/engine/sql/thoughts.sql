-- kind: run
select subject as automation, "now" as thought_at, through, position from batch
