-- kind: payment.succeeded
select concat_ws('/', source, id) as payment, subject as customer, currency, amount_minor,
       coalesce(invoice, '') as invoice, occurred_at as received_at, 0::bigint as applied_minor,
       amount_minor > 0 as open, position
from batch
-- kind: payment.applied
select payment, null::varchar as customer, null::varchar as currency, null::bigint as amount_minor,
       null::varchar as invoice, null::timestamp as received_at, amount_minor as applied_minor,
       case when spends then false end as open, position
from batch
where payment != ''
