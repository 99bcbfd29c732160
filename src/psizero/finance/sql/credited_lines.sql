-- what was served before the months shown is recognised in full, and counts in none of them
with noted as (
    select number, invoice, subscription, subject as customer, plan, currency, occurred_at,
           unnest(from_json(lines, '[{"line": "BIGINT", "kind": "VARCHAR", "meter": "VARCHAR",
               "amount": "BIGINT", "period_start": "VARCHAR", "period_end": "VARCHAR"}]')) as part
    from credit_issued
    where occurred_at > $now - interval 130 days
)
select number as note, part.line as line, invoice::bigint as invoice, subscription, customer, plan,
       currency, occurred_at as issued_at, part.kind as kind, part.meter as meter,
       -part.amount as amount_minor, part.period_start::timestamp as period_start,
       part.period_end::timestamp as period_end
from noted
