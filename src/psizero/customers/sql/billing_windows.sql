-- payments settle the oldest invoices first; what was billed within 30 days is not yet overdue
with recent as (
    select subject as customer, currency, sum(total_minor)::bigint as recent_minor
    from invoice_issued
    where occurred_at > $now - interval 30 days
    group by all
),
owed as (
    select customer,
           bool_or(coalesce(billed_minor, 0) - coalesce(paid_minor, 0)
                   - coalesce(recent_minor, 0) > 0) as overdue
    from customer_balances left join recent using (customer, currency)
    group by customer
),
paid as (
    select subject as customer, max(occurred_at) as paid_at
    from payment_succeeded
    where occurred_at > $now - interval 91 days
    group by all
),
declined as (
    select subject as customer, count(*) as declined
    from payment_failed f left join paid p on p.customer = f.subject
    where f.occurred_at > $now - interval 28 days
      and f.occurred_at > coalesce(p.paid_at, '-infinity'::timestamp)
    group by all
)
select customer, coalesce(overdue, false) as overdue, coalesce(declined, 0)::bigint as declined
from owed full join declined using (customer)
