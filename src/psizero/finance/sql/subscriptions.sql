-- kind: subscription.started
select subscription, subject as customer, plan, version, coalesce(quantity, 1) as quantity,
       greatest(occurred_at, trial_until) as started_at, null::timestamp as ended_at,
       null::timestamp as cut_at, null::timestamp as billed_until,
       null::timestamp as billed_through, null::varchar as term, recorded_at as known_at, position
from batch
-- kind: subscription.ended
select subscription, subject as customer, null::varchar as plan, null::bigint as version,
       null::bigint as quantity, null::timestamp as started_at, occurred_at as ended_at,
       case when effective = 'now' then occurred_at end as cut_at,
       null::timestamp as billed_until, null::timestamp as billed_through, null::varchar as term,
       null::timestamp as known_at, position
from batch
-- kind: invoice.issued
select subscription, subject as customer, null::varchar as plan, null::bigint as version,
       null::bigint as quantity, null::timestamp as started_at, null::timestamp as ended_at,
       null::timestamp as cut_at, period_end as billed_until, billed_through, term,
       null::timestamp as known_at, position
from batch
