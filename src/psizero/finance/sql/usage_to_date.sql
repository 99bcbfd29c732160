select subscription, customer, plan, period_start, period_end, meter,
       sum(quantity)::decimal(38,9) as quantity, max(recorded) + interval 15 minutes as until
from usage_by_subscription
where period_start <= $now and period_end > $now
group by all
