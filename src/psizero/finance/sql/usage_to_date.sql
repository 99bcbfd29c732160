with running as (
    select * from billing_calendar
    where period_start <= $now and period_end > $now and not correction
)
select r.subscription, r.customer, r.plan, r.period_start, r.period_end, u.meter,
       sum(u.quantity)::decimal(38,9) as quantity, max(u.recorded) + interval 15 minutes as until
from running r
join usage_recorded u
  on u.customer = r.customer and u.start >= r.period_start and u.start < r.period_end
where u.start >= (select min(period_start) from running)
group by all
