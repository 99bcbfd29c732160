select subscription, customer, plan, period_start, period_end, invoiced, meter,
       coalesce(sum(quantity) filter (invoiced and recorded < billed_through), 0)
           ::decimal(38,9) as billed_quantity,
       coalesce(sum(quantity) filter (not invoiced or recorded >= billed_through), 0)
           ::decimal(38,9) as open_quantity
from usage_by_subscription
where period_end <= $now
group by all
