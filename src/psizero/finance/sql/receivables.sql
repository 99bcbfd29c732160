-- kind: invoice.issued
select number::varchar as invoice, subject as customer, subscription, currency, total_minor,
       0::bigint as applied_minor, occurred_at as issued_at, total_minor > 0 as open, position
from batch
-- kind: payment.applied
select invoice, null::varchar as customer, null::varchar as subscription,
       null::varchar as currency, null::bigint as total_minor, amount_minor as applied_minor,
       null::timestamp as issued_at, case when settles then false end as open, position
from batch
where invoice != ''
-- kind: debt.written_off
select invoice, null::varchar as customer, null::varchar as subscription,
       null::varchar as currency, null::bigint as total_minor, amount_minor as applied_minor,
       null::timestamp as issued_at, false as open, position
from batch
-- kind: debt.restored
select invoice, subject as customer, subscription, currency, amount_minor as total_minor,
       0::bigint as applied_minor, occurred_at as issued_at, true as open, position
from batch
