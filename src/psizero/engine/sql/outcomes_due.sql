-- kind: verdict
select decision, automation, subject, episode, measured_at as due_at, true as open, position
from batch
where measured_at is not null and "by" = 'policy'
-- kind: outcome
select decision, automation, subject, null::varchar as episode, null::timestamp as due_at,
       false as open, position
from batch
