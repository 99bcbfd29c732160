-- what was issued a week ago and never sent is no news any more: a person sends it
select number::varchar as invoice, subject as customer, plan, currency, net_minor, tax_minor,
       total_minor, period_start, period_end, correction, occurred_at as issued_at
from invoices
where occurred_at > $now - interval 7 day
