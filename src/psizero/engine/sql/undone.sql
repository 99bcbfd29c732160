-- an undo is measured a day after it was decided
select cause as decision, decision as undone, recorded_at as undone_at
from receipt
where state = 'undone' and cause is not null and recorded_at > $now::timestamp - interval 35 days
