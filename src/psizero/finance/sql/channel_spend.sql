-- what spans several months counts in the one in which it ends
select subject as channel, currency,
       date_trunc('month', period_end - interval 1 microsecond)::timestamp as period_start,
       date_trunc('month', period_end - interval 1 microsecond)::timestamp + interval 1 month
           as period_end,
       sum(amount_minor)::bigint as spend_minor
from marketing_spent
where occurred_at > $now - interval 800 days
  and period_end <= date_trunc('month', $now)
group by all
