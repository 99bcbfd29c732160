-- eligible: all that could have been taken; what shadow saw, a newer proposal replaced, or people
-- asked for by name, is none
select automation, date_trunc('month', decided_at) as month,
       count(*)::bigint as eligible,
       (count(*) filter (
           level = 'auto' and not coalesce(asked, false) and not coalesce(overridden, false)
           and coalesce(state, 'done') = 'done'))::bigint as automatic,
       (count(*) filter (asked))::bigint as asked,
       (count(*) filter (overridden))::bigint as overridden,
       (count(*) filter (not good))::bigint as bad
from fates
where level <> 'shadow' and clause not in ('superseded', 'switched_off', 'asked_for')
  and decided_at < date_trunc('month', $now::timestamp)
group by automation, month
