-- finished UTC days alone: a window of 28 and the four weeks before it, so that each weekday
-- meets its like
with spans as (
    select customer, meter, properties, quantity, start,
           date_diff('day', start, date_trunc('day', $now)) as days_ago
    from usage_recorded
    where start >= date_trunc('day', $now) - interval 56 days and start < date_trunc('day', $now)
),
grouped as (
    select customer, meter, properties, min(start) as first_at,
           sum(quantity) filter (days_ago <= 28) as used,
           sum(quantity) filter (days_ago between 29 and 35) as week_1,
           sum(quantity) filter (days_ago between 36 and 42) as week_2,
           sum(quantity) filter (days_ago between 43 and 49) as week_3,
           sum(quantity) filter (days_ago >= 50) as week_4
    from spans
    group by customer, meter, properties
),
status as (
    select properties,
           lower(status) in ('ok', 'success', 'succeeded', 'true')
           or coalesce(try_cast(status as integer) between 200 and 399, false) as success
    from (select distinct properties, json_extract_string(properties, '$.status') as status
          from grouped where properties <> '{}')
    where status is not null
)
select customer, meter, min(first_at) as first_at,
       coalesce(sum(used), 0)::decimal(38,9) as used,
       coalesce(sum(week_1), 0)::decimal(38,9) as week_1,
       coalesce(sum(week_2), 0)::decimal(38,9) as week_2,
       coalesce(sum(week_3), 0)::decimal(38,9) as week_3,
       coalesce(sum(week_4), 0)::decimal(38,9) as week_4,
       coalesce(sum(used) filter (success), 0)::decimal(38,9) as succeeded,
       coalesce(sum(used) filter (not success), 0)::decimal(38,9) as failed
from grouped left join status using (properties)
group by customer, meter
