-- kind: run
select subject as automation, "now" as thought_at, through, code, settings, position
from batch
