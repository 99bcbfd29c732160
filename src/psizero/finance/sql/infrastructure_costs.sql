select currency, date_trunc('month', charge_period_start)::timestamp as period_start,
       date_trunc('month', charge_period_start)::timestamp + interval 1 month as period_end,
       sum(effective_minor)::bigint as cost_minor
from cost_charged
where occurred_at > $now - interval 800 days and category = 'infrastructure'
  and charge_period_start < date_trunc('month', $now)
group by all
