-- kind: verdict
select decision, automation, verb, subject, 'intended' as state, 0::bigint as attempts,
       null::timestamp as after, clause = 'approved' as approved, true as open, position
from batch
where level = 'auto' and "by" = 'policy' and channel <> ''
union all
select decision, automation, verb, subject, null, 0, null, null, false, position
from batch
where clause = 'overridden'
-- kind: receipt
select decision, automation, verb, subject, state, (state = 'sent')::bigint as attempts,
       case when state = 'waiting' then reference::timestamp end as after,
       null::boolean as approved, state in ('sent', 'waiting') as open, position
from batch
where connector <> ''
