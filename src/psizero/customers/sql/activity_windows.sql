-- the days are those of usage_windows; what answers an action of ours is no sign of health
with spans as (
    select customer, activity, quantity, start,
           date_diff('day', start, date_trunc('day', $now)) as days_ago
    from activity_recorded
    where start >= date_trunc('day', $now) - interval 56 days and start < date_trunc('day', $now)
      and prompted = 'no'
)
select customer, activity, min(start) as first_at,
       coalesce(sum(quantity) filter (days_ago <= 28), 0)::decimal(38,9) as used,
       coalesce(sum(quantity) filter (days_ago between 29 and 35), 0)::decimal(38,9) as week_1,
       coalesce(sum(quantity) filter (days_ago between 36 and 42), 0)::decimal(38,9) as week_2,
       coalesce(sum(quantity) filter (days_ago between 43 and 49), 0)::decimal(38,9) as week_3,
       coalesce(sum(quantity) filter (days_ago >= 50), 0)::decimal(38,9) as week_4
from spans
group by customer, activity
