-- use of the periods in which the plan or the seats changed, by what counted when it happened
with split as (
    select c.subscription, c.period_start, c.customer, c.period_end,
           greatest(x.starts_at, c.period_start) as part_start,
           least(x.ends_at, c.period_end) as part_end
    from (select distinct subscription from subscription_changes) d
    join billing_calendar c using (subscription)
    join subscription_spans x
      on x.subscription = c.subscription and x.starts_at < c.period_end
     and coalesce(x.ends_at > c.period_start, true)
    where c.period_end <= $now and not c.correction
)
select u.subscription, u.customer, p.period_start, p.part_start, p.part_end, u.invoiced, u.meter,
       coalesce(sum(u.quantity) filter (u.invoiced and u.recorded < u.billed_through), 0)
           ::decimal(38,9) as billed_quantity,
       coalesce(sum(u.quantity) filter (not u.invoiced or u.recorded >= u.billed_through), 0)
           ::decimal(38,9) as open_quantity
from split p
join usage_by_subscription u
  on u.subscription = p.subscription and u.period_start = p.period_start
 and u.start >= p.part_start and u.start < p.part_end
group by all
