select kind, count(*) as rows
from (
    select subject as kind, recorded_at from row_rejected
    union all
    select subject as kind, recorded_at from event_conflicted
)
where recorded_at > $now::timestamp - interval 24 hours and recorded_at <= $now::timestamp
group by kind
