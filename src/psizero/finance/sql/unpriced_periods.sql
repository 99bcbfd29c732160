select c.subscription, c.customer, c.plan, c.period_start, c.period_end
from billing_calendar c
where c.open_end <= $now and not c.correction
  and not exists (
      from prices p where p.plan = c.plan and p.valid_from <= c.period_start
  )
