-- kind: subscription.started
select subscription, subject as customer, plan, occurred_at as started_at,
       null::timestamp as ended_at, null::timestamp as billed_until,
       null::timestamp as billed_through, position
from batch
-- kind: subscription.ended
select subscription, subject as customer, null::varchar as plan,
       null::timestamp as started_at, occurred_at as ended_at,
       null::timestamp as billed_until, null::timestamp as billed_through, position
from batch
-- kind: invoice.issued
select subscription, subject as customer, null::varchar as plan,
       null::timestamp as started_at, null::timestamp as ended_at,
       period_end as billed_until, billed_through, position
from batch
