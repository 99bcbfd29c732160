-- every unit is paid under one subscription: the one that billed it already, else the one that ran
-- when it was used, else the one whose last period still covers it
with spans as (
    select * from billing_calendar where not correction
),
covered as (
    select s.subscription, s.customer, s.plan, s.period_start, s.period_end, s.invoiced,
           s.billed_through, s.started_at, s.ended_at, u.meter, u.properties, u.start, u.recorded,
           u.quantity
    from spans s
    join usage_recorded u
      on u.customer = s.customer and u.start >= s.period_start and u.start < s.period_end
    where u.start >= (select min(period_start) from spans)
),
-- only customers with several subscriptions need the choice, and few have
several as (
    select customer from spans group by customer having count(distinct subscription) > 1
)
select * from covered anti join several using (customer)
union all
(
    select * from covered semi join several using (customer)
    qualify row_number() over (
        partition by customer, meter, properties, start, recorded
        order by invoiced and recorded < billed_through desc,
                 start < coalesce(ended_at, 'infinity'::timestamp) desc,
                 started_at desc, subscription) = 1
)
