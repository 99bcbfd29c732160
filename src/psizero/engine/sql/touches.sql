-- kind: verdict
select subject, channel, occurred_at as touched_at, decision, position
from batch
where level = 'auto' and "by" = 'policy' and channel <> ''
