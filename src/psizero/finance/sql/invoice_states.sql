-- a period that is over and has no invoice yet is a draft: its lines are those of a dry run
with issued as (
    select number::varchar as invoice, subject as customer, subscription, currency, period_start,
           period_end, total_minor, occurred_at as issued_at
    from invoices
    where occurred_at > $now - interval 800 days
),
known as (
    select i.*, coalesce(n.total_minor, 0)::bigint as credited_minor,
           coalesce(w.amount_minor, 0)::bigint as given_up_minor,
           coalesce(r.total_minor - r.applied_minor, 0)::bigint as owed_minor,
           f.invoice is not null as failed
    from issued i
    left join credit_notes n using (invoice)
    left join written_off w using (invoice)
    left join receivables r using (invoice)
    left join payment_failures f using (invoice)
)
select subscription, period_start, period_end, invoice, customer, currency,
       case when given_up_minor > 0 then 'uncollectible'
            when credited_minor >= total_minor and total_minor > 0 then 'void'
            when owed_minor = 0 then 'paid'
            when failed then 'overdue'
            when owed_minor < total_minor then 'partly paid'
            else 'finalised' end as state,
       total_minor, credited_minor, owed_minor, given_up_minor, issued_at
from known
union all
select subscription, period_start, period_end, '', customer, null, 'draft', null, null, null, null,
       null
from billing_calendar
where not invoiced and not correction and period_end <= $now
