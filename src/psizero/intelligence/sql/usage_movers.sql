-- yesterday and the same weekday before; the changes of all customers sum to the meter's
with spans as (
    select customer, meter,
           coalesce(sum(quantity) filter (start >= date_trunc('day', $now) - interval 1 day), 0)
               ::decimal(38,9) as quantity,
           coalesce(sum(quantity) filter (start < date_trunc('day', $now) - interval 7 days), 0)
               ::decimal(38,9) as quantity_before
    from usage_recorded
    where (start >= date_trunc('day', $now) - interval 1 day and start < date_trunc('day', $now))
       or (start >= date_trunc('day', $now) - interval 8 days
           and start < date_trunc('day', $now) - interval 7 days)
    group by customer, meter
),
moved as (
    select *, (quantity - quantity_before)::decimal(38,9) as change from spans
)
select *,
       round(change::double / nullif(sum(change) over (partition by meter), 0)::double, 6)
           as change_share,
       round(quantity::double / nullif(sum(quantity) over (partition by meter), 0)::double, 6)
           as usage_share
from moved
