-- the lines of invoices of which something is to be given back, and what was of each before
with asked as (
    select distinct invoice from credit_asks
),
billed as (
    select number::varchar as invoice, subject as customer, subscription, plan, currency,
           from_json(lines, '[{"kind": "VARCHAR", "meter": "VARCHAR", "amount": "BIGINT",
               "tax": "BIGINT", "period_start": "VARCHAR", "period_end": "VARCHAR"}]') as parts
    from invoices
    where occurred_at > $now - interval 800 days
      and number::varchar in (select invoice from asked)
),
numbered as (
    select *, unnest(parts) as part, unnest(range(1, len(parts) + 1)) as line
    from billed
),
noted as (
    select invoice, unnest(from_json(lines, '[{"line": "BIGINT", "amount": "BIGINT",
               "tax": "BIGINT"}]'), recursive := true)
    from (select invoice, lines from credit_issued
          where occurred_at > $now - interval 800 days
            and invoice in (select invoice from asked))
),
before as (
    select invoice, line, sum(amount)::bigint as net, sum(tax)::bigint as tax
    from noted
    group by all
)
select invoice, line, customer, subscription, plan, currency, part.kind as kind,
       part.meter as meter, part.period_start::timestamp as period_start,
       part.period_end::timestamp as period_end, part.amount as net_minor, part.tax as tax_minor,
       coalesce(net, 0)::bigint as credited_net_minor,
       coalesce(tax, 0)::bigint as credited_tax_minor
from numbered left join before using (invoice, line)
