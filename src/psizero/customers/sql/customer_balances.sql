-- kind: invoice.issued
select subject as customer, currency, total_minor as billed_minor, null::bigint as paid_minor,
       position
from batch
-- kind: payment.succeeded
select subject as customer, currency, null::bigint as billed_minor, amount_minor as paid_minor,
       position
from batch
