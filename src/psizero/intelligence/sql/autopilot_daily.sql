-- the last 24 hours; eligible is all that could have been taken, as in automation_rate
select automation,
       (count(*) filter (
           level <> 'shadow' and clause not in ('superseded', 'switched_off', 'asked_for')))
           ::bigint as eligible,
       (count(*) filter (
           level = 'auto' and clause <> 'asked_for' and not coalesce(asked, false)
           and not coalesce(overridden, false)
           and coalesce(good, true) and coalesce(state, 'done') = 'done'))::bigint as automatic,
       (count(*) filter (state = 'done' and not coalesce(overridden, false)))::bigint as done,
       (count(*) filter (state = 'undone' or overridden))::bigint as reverted,
       (count(*) filter (state in ('refused', 'unknown')))::bigint as refused,
       (count(*) filter (clause = 'unanswered'))::bigint as unanswered,
       (count(*) filter (level = 'shadow'))::bigint as shadow
from fates
where decided_at > $now::timestamp - interval 24 hours and decided_at <= $now::timestamp
group by automation
