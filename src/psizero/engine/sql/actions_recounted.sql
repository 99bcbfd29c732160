-- from the records alone: no kept table is asked, so that a fold that went wrong shows
with bound as (
    select date_trunc('day', $now::timestamp) - interval 90 days as since,
           date_trunc('day', $now::timestamp) as until
),
proposal as (
    select id as decision, automation, verb, date_trunc('day', recorded_at) as day
    from decision, bound
    where recorded_at >= since and recorded_at < until
),
said as (
    select decision, position, level, clause, "by" = 'policy' as ours
    from verdict, bound
    where recorded_at >= since
),
stand as (
    select decision, level, clause
    from said
    where ours and clause <> 'escalated'
    qualify row_number() over (partition by decision order by position desc) = 1
),
ever as (
    select decision, max((ours and level = 'approve')::int) as asked,
           max((not ours and clause = 'overridden')::int) as wrong
    from said
    group by decision
),
hand as (
    select decision, state
    from receipt, bound
    where recorded_at >= since
    qualify row_number() over (partition by decision order by position desc) = 1
),
proof as (
    select decision, good
    from outcome, bound
    where recorded_at >= since and good is not null
    qualify row_number() over (partition by decision order by position desc) = 1
),
case_ as (
    select automation, verb, day, asked, wrong, coalesce(state, '') as state, good,
           case when level = 'shadow' then 'shadow'
                when clause in ('switched_off', 'superseded', 'asked_for') then clause
                else 'counts' end as part,
           case when level = 'auto' and state = 'done' and asked + wrong = 0 then 1 else 0 end
               as alone
    from proposal
    join stand using (decision)
    join ever using (decision)
    left join hand using (decision)
    left join proof using (decision)
)
select automation, verb, day,
       sum((part = 'counts')::int)::bigint as eligible,
       sum((part = 'counts')::int * alone)::bigint as automatic,
       sum((part = 'counts')::int * alone * coalesce(good, false)::int)::bigint as proved,
       sum((part = 'counts')::int * (good is not null)::int)::bigint as outcomes,
       sum((part = 'counts')::int * (not coalesce(good, true))::int)::bigint as bad,
       sum((part = 'counts')::int * asked)::bigint as asked,
       sum((part = 'counts')::int * greatest(wrong, (state = 'undone')::int))::bigint as reverted,
       sum((part = 'counts' and state in ('refused', 'unknown'))::int)::bigint as failed,
       sum((part = 'shadow')::int)::bigint as shadow,
       sum((part = 'switched_off')::int)::bigint as switched_off,
       sum((part = 'superseded')::int)::bigint as superseded
from case_
group by automation, verb, day
