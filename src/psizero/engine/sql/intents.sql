-- kind: verdict
-- what falls into quiet hours waits, as if the outside had asked for it, until they end
select decision, automation, verb, subject,
       case when clause in ('quiet_hours', 'approved_quiet') then 'waiting' else 'intended' end
           as state,
       0::bigint as attempts,
       case when clause in ('quiet_hours', 'approved_quiet')
            then json_extract_string(counterfactual, '$.would_be')::timestamp end as after,
       clause in ('approved', 'approved_quiet') as approved,
       null::varchar as onward, true as open, position
from batch
where level = 'auto' and "by" = 'policy' and channel <> ''
union all
select decision, automation, verb, subject, null, 0, null, null, null, false, position
from batch
where clause = 'overridden'
-- kind: receipt
-- refused, with the key of the attempt that follows: what it leads to is not settled yet
select decision, automation, verb, subject, state, (state = 'sent')::bigint as attempts,
       case when state = 'waiting' then reference::timestamp end as after,
       null::boolean as approved,
       case when state = 'refused' and starts_with(reference, decision || '-')
            then reference end as onward,
       state in ('sent', 'waiting')
       or (state = 'refused' and starts_with(reference, decision || '-')) as open, position
from batch
where connector <> ''
