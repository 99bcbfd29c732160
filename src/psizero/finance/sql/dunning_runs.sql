-- the invoice that failed first decides for all of a customer
with failed as (
    select customer, currency, invoice, total_minor - applied_minor as owed_minor,
           first_failed_at, last_failed_at, decline_code
    from receivables join payment_failures using (invoice)
    anti join payments_waiting using (customer, currency)
)
select customer, currency, sum(owed_minor)::bigint as owed_minor, count(*) as invoices,
       arg_min(invoice, (first_failed_at, invoice)) as invoice,
       min(first_failed_at) as first_failed_at, max(last_failed_at) as last_failed_at,
       arg_min(decline_code, (first_failed_at, invoice)) as decline_code,
       any_value(updated_at) as method_updated_at
from failed left join payment_methods using (customer)
group by customer, currency
