-- kind: verdict
select decision, automation, verb, subject, 'intended' as state, 0::bigint as attempts,
       null::timestamp as after, true as open, position
from batch
where level = 'auto' and channel <> ''
-- kind: receipt
select decision, automation, verb, subject, state, (state = 'sent')::bigint as attempts,
       case when state = 'waiting' then reference::timestamp end as after,
       state in ('sent', 'waiting') as open, position
from batch
where connector <> ''
