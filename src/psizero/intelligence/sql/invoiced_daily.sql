select currency, date_trunc('day', occurred_at) as day, count(*) as invoices,
       sum(net_minor)::bigint as net_minor
from invoice_issued
where occurred_at >= date_trunc('month', $now) - interval 1 month
  and occurred_at < date_trunc('day', $now)
group by currency, day
