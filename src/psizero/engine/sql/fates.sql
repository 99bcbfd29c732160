-- kind: verdict
select decision, automation, recorded_at as decided_at,
       case when "by" = 'policy' and clause <> 'escalated' then level end as level,
       case when "by" = 'policy' and clause <> 'escalated' then clause end as clause,
       case when "by" = 'policy' then level = 'approve' end as asked,
       case when "by" <> 'policy' and clause not in ('settled_done', 'settled_refused')
            then clause end as answer,
       case when "by" <> 'policy' then clause = 'overridden' end as overridden,
       null::varchar as state, null::boolean as good, position
from batch
-- kind: receipt
select decision, automation, null::timestamp as decided_at, null::varchar as level,
       null::varchar as clause, null::boolean as asked, null::varchar as answer,
       null::boolean as overridden, state, null::boolean as good, position
from batch
-- kind: outcome
select decision, automation, null::timestamp as decided_at, null::varchar as level,
       null::varchar as clause, null::boolean as asked, null::varchar as answer,
       null::boolean as overridden, null::varchar as state, good, position
from batch
