-- money that has come and is not booked yet ends a run at once
select invoice, customer, subscription, currency, total_minor - applied_minor as owed_minor,
       first_failed_at, last_failed_at, decline_code, failures
from receivables join payment_failures using (invoice)
anti join payments_waiting using (customer, currency)
