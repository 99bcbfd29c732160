select c.subscription, c.customer, c.plan, c.period_start, c.period_end
from billing_calendar c
asof left join price_steps p on p.plan = c.plan and c.period_start >= p.valid_from
where c.open_end <= $now and not c.correction and not coalesce(p.priced, false)
