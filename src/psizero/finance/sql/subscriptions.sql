-- kind: subscription.started
select subscription, subject as customer, plan, coalesce(quantity, 1) as quantity,
       occurred_at as started_at, null::timestamp as ended_at, null::timestamp as billed_until,
       null::timestamp as billed_through, recorded_at as known_at, position
from batch
-- kind: subscription.ended
select subscription, subject as customer, null::varchar as plan, null::bigint as quantity,
       null::timestamp as started_at, occurred_at as ended_at,
       null::timestamp as billed_until, null::timestamp as billed_through,
       null::timestamp as known_at, position
from batch
-- kind: invoice.issued
select subscription, subject as customer, null::varchar as plan, null::bigint as quantity,
       null::timestamp as started_at, null::timestamp as ended_at,
       period_end as billed_until, billed_through, null::timestamp as known_at, position
from batch
