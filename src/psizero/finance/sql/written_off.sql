-- kind: debt.written_off
select invoice, subject as customer, subscription, currency, amount_minor,
       0::bigint as restorations, true as open, position
from batch
-- kind: debt.restored
select invoice, null::varchar as customer, null::varchar as subscription,
       null::varchar as currency, -amount_minor as amount_minor, 1::bigint as restorations,
       case when recovers then false end as open, position
from batch
