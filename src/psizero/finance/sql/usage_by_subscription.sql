-- every unit is paid under one subscription: the one that ran when it was used (the last started
-- of several), else the one whose last period still covers it; where the former became known only
-- after the other's period had closed, that one has billed it and keeps it
with spans as (
    select * from billing_calendar where not correction
),
covered as (
    select s.subscription, s.customer, s.plan, s.period_start, s.period_end, s.invoiced,
           s.billed_through, s.started_at, s.ended_at, s.known_at, u.meter, u.properties, u.start,
           u.recorded, u.quantity
    from spans s
    join usage_recorded u
      on u.customer = s.customer and u.start >= s.period_start and u.start < s.period_end
    where u.start >= (select min(period_start) from spans)
),
-- only customers with several subscriptions need the choice, and few have
several as (
    select customer from spans group by customer having count(distinct subscription) > 1
),
claimed as (
    select *, start < coalesce(ended_at, 'infinity'::timestamp) as runs
    from covered semi join several using (customer)
),
contested as (
    select *, first_value(known_at) over (
        partition by customer, meter, properties, start, recorded
        order by runs desc, started_at desc, subscription) as rightful_known_at
    from claimed
),
settled as (
    select * from contested
    qualify row_number() over (
        partition by customer, meter, properties, start, recorded
        order by invoiced and recorded < billed_through and rightful_known_at > period_end desc,
                 runs desc, started_at desc, subscription) = 1
)
select * from covered anti join several using (customer)
union all
select * exclude (runs, rightful_known_at) from settled
