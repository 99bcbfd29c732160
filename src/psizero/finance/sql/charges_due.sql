select invoice, customer, currency, total_minor - applied_minor as owed_minor, issued_at, method
from receivables
join payment_methods using (customer)
anti join payment_failures using (invoice)
anti join payments_waiting using (customer, currency)
anti join (select customer, currency from credits where balance_minor > 0)
    using (customer, currency)
where coalesce(method, '') != 'transfer'
