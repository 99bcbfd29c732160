-- of the running UTC day, as the other caps are
select automation, subject, count(*)::bigint as actions
from verdict
where level = 'auto' and "by" = 'policy' and recorded_at >= date_trunc('day', $now::timestamp)
group by automation, subject
