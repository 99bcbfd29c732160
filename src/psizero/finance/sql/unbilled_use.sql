select subscription, period_start, meter, date_trunc('day', start)::timestamp as day,
       sum(quantity)::decimal(38,9) as quantity
from usage_by_subscription
where not invoiced and start < date_trunc('day', $now)
group by all
