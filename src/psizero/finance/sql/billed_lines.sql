-- what was served before the months shown is recognised in full, and counts in none of them
with issued as (
    select number, subscription, subject as customer, plan, currency, occurred_at, billed_through,
           from_json(lines, '[{"kind": "VARCHAR", "meter": "VARCHAR", "quantity": "VARCHAR",
               "amount": "BIGINT", "period_start": "VARCHAR", "period_end": "VARCHAR"}]') as parts
    from invoices
    where greatest(occurred_at, period_end) > $now - interval 130 days
),
numbered as (
    select *, unnest(parts) as part, unnest(range(1, len(parts) + 1)) as line
    from issued
)
select number as invoice, line, subscription, customer, plan, currency,
       occurred_at as issued_at, billed_through, part.kind as kind, part.meter as meter,
       part.quantity::decimal(38,9) as quantity, part.amount as amount_minor,
       part.period_start::timestamp as period_start, part.period_end::timestamp as period_end
from numbered
