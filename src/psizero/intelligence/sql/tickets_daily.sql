with said as (
    select date_trunc('day', occurred_at) as day, 1 as opened, 0 as closed
    from ticket_opened
    where occurred_at >= date_trunc('day', $now) - interval 57 days
      and occurred_at < date_trunc('day', $now)
    union all
    select date_trunc('day', occurred_at), 0, 1
    from ticket_closed
    where occurred_at >= date_trunc('day', $now) - interval 57 days
      and occurred_at < date_trunc('day', $now)
)
select day, sum(opened)::bigint as opened, sum(closed)::bigint as closed
from said
group by day
