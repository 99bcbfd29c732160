-- kind: subscription.started
select subject, subscription, occurred_at as started_at, null::timestamp as ended_at, position
from batch
-- kind: subscription.ended
select subject, subscription, null::timestamp as started_at, occurred_at as ended_at, position
from batch
