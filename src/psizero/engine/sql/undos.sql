-- kind: undo.asked
select compensation, decision, automation, verb, subject, compensator, parameters, "rows", "by",
       because, recorded_at as asked_at, null::varchar as state, true as open, position
from batch
-- kind: verdict
-- what an internal verb does is done in the tick that takes it; an undo is asked for, or approved
select decision as compensation, null::varchar as decision, null::varchar as automation,
       null::varchar as verb, null::varchar as subject, null::varchar as compensator,
       null::varchar as parameters, null::varchar as "rows", null::varchar as "by",
       null::varchar as because, null::timestamp as asked_at, 'done' as state,
       null::boolean as open, position
from batch
where level = 'auto' and "by" = 'policy' and channel = '' and clause in ('asked_for', 'approved')
union all
select decision, null, null, null, null, null, null, null, null, null, null, null, false, position
from batch
where clause in ('declined', 'unanswered')
-- kind: receipt
-- of an outside verb; then that of what was undone, whose cause is the undo
select decision as compensation, null::varchar as decision, null::varchar as automation,
       null::varchar as verb, null::varchar as subject, null::varchar as compensator,
       null::varchar as parameters, null::varchar as "rows", null::varchar as "by",
       null::varchar as because, null::timestamp as asked_at, state,
       case when state = 'refused' then false end as open, position
from batch
where connector <> '' and state in ('done', 'refused', 'unknown')
union all
select cause, null, null, null, null, null, null, null, null, null, null, state, false, position
from batch
where state = 'undone' and cause is not null
