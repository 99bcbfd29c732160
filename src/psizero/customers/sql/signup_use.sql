-- what a status says is a success; use without a status was served. Sandbox: by the meter's name,
-- or by a property environment
with born as (
    select customer, signed_up_at from signups where signed_up_at > $now - interval 45 days
),
spans as (
    select customer, start, meter, properties, quantity
    from usage_recorded join born using (customer)
    where start > $now - interval 46 days and start <= $now and quantity > 0
      and start > signed_up_at - interval 15 minutes
),
told as (
    select meter, properties,
           coalesce(lower(status) in ('ok', 'success', 'succeeded', 'true')
               or try_cast(status as integer) between 200 and 399, status is null) as good,
           contains(lower(meter), 'sandbox')
               or coalesce(lower(place) in ('sandbox', 'test'), false) as sandbox
    from (select distinct meter, properties,
                 json_extract_string(properties, '$.status') as status,
                 json_extract_string(properties, '$.environment') as place
          from spans)
),
summed as (
    select customer, start, sum(quantity) as calls,
           coalesce(sum(quantity) filter (good), 0) as succeeded,
           coalesce(sum(quantity) filter (good and not sandbox), 0) as live
    from spans join told using (meter, properties) group by customer, start
),
ran as (
    select *, sum(succeeded) over (partition by customer order by start) as so_far from summed
)
select customer, sum(calls)::decimal(38,9) as calls, sum(succeeded)::decimal(38,9) as succeeded,
       min(start) as first_api_call,
       min(start) filter (succeeded > 0) as first_successful_request,
       min(start) filter (so_far >= 10) as "10_requests_completed",
       min(start) filter (live > 0) as first_production_use
from ran group by customer
