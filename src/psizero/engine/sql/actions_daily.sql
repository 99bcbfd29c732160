-- by what the kept table says became of each; the verb stands in the decision alone. What people
-- asked for by name could not have been done without them: it is no part of the rate
with judged as (
    select f.*, d.verb, date_trunc('day', f.decided_at) as day,
           f.level <> 'shadow'
           and f.clause not in ('superseded', 'switched_off', 'asked_for') as counts
    from fates f join decision d on d.id = f.decision
    where f.decided_at >= date_trunc('day', $now::timestamp) - interval 90 days
      and f.decided_at < date_trunc('day', $now::timestamp)
      and d.recorded_at >= date_trunc('day', $now::timestamp) - interval 90 days
),
told as (
    select *, coalesce(counts and level = 'auto' and state = 'done' and not coalesce(asked, false)
                       and not coalesce(overridden, false), false) as alone
    from judged
)
select automation, verb, day,
       (count(*) filter (counts))::bigint as eligible,
       (count(*) filter (alone))::bigint as automatic,
       (count(*) filter (alone and good))::bigint as proved,
       (count(*) filter (counts and good is not null))::bigint as outcomes,
       (count(*) filter (counts and not good))::bigint as bad,
       (count(*) filter (counts and asked))::bigint as asked,
       (count(*) filter (counts and (overridden or state = 'undone')))::bigint as reverted,
       (count(*) filter (counts and state in ('refused', 'unknown')))::bigint as failed,
       (count(*) filter (level = 'shadow'))::bigint as shadow,
       (count(*) filter (level <> 'shadow' and clause = 'switched_off'))::bigint as switched_off,
       (count(*) filter (level <> 'shadow' and clause = 'superseded'))::bigint as superseded
from told
group by automation, verb, day
