with lines as (
    select subscription, unnest(from_json(lines, '[{"kind": "VARCHAR", "amount": "BIGINT",
               "period_start": "VARCHAR"}]'), recursive := true)
    from invoices
    where recorded_at > $now - interval 70 days and late_minor <> 0
)
select subscription, period_start::timestamp as period_start,
       sum(amount)::bigint as late_minor
from lines
where kind = 'late_usage'
group by all
