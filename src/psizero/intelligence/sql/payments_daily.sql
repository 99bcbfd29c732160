with said as (
    select currency, date_trunc('day', occurred_at) as day, amount_minor as received_minor,
           0 as failed
    from payment_succeeded
    where occurred_at >= date_trunc('month', $now) - interval 1 month
      and occurred_at < date_trunc('day', $now)
    union all
    select currency, date_trunc('day', occurred_at) as day, 0, 1
    from payment_failed
    where occurred_at >= date_trunc('month', $now) - interval 1 month
      and occurred_at < date_trunc('day', $now)
)
select currency, day, sum(received_minor)::bigint as received_minor, sum(failed)::bigint as failed
from said
group by currency, day
