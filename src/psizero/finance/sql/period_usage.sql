with finished as (
    select * from billing_calendar where period_end <= $now and not correction
)
select f.subscription, f.customer, f.plan, f.period_start, f.period_end, f.invoiced, u.meter,
       coalesce(sum(u.quantity) filter (f.invoiced and u.recorded < f.billed_through), 0)
           ::decimal(38,9) as billed_quantity,
       coalesce(sum(u.quantity) filter (not f.invoiced or u.recorded >= f.billed_through), 0)
           ::decimal(38,9) as open_quantity
from finished f
join usage_recorded u
  on u.customer = f.customer and u.start >= f.period_start and u.start < f.period_end
where u.start >= (select min(period_start) from finished)
group by all
