-- finished UTC days alone
with spans as (
    select customer, meter, properties, quantity, start, date_trunc('day', start) as day
    from usage_recorded
    where start >= date_trunc('day', $now) - interval 57 days and start < date_trunc('day', $now)
),
status as (
    select properties,
           lower(status) in ('ok', 'success', 'succeeded', 'true')
           or coalesce(try_cast(status as integer) between 200 and 399, false) as success
    from (select distinct properties, json_extract_string(properties, '$.status') as status
          from spans where properties <> '{}')
    where status is not null
)
select meter, day, sum(quantity)::decimal(38,9) as quantity, count(distinct customer) as customers,
       coalesce(sum(quantity) filter (success), 0)::decimal(38,9) as succeeded,
       coalesce(sum(quantity) filter (not success), 0)::decimal(38,9) as failed,
       max(start) + interval 15 minutes as last_until
from spans left join status using (properties)
group by meter, day
