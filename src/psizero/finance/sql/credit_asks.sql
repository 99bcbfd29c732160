-- kind: credit.asked
select concat_ws('/', source, id) as ask, subject as customer, invoice, amount_minor, currency,
       reason, occurred_at as asked_at, true as open, position
from batch
-- kind: credit.issued
select ask, null::varchar as customer, null::varchar as invoice, null::bigint as amount_minor,
       null::varchar as currency, null::varchar as reason, null::timestamp as asked_at,
       false as open, position
from batch
