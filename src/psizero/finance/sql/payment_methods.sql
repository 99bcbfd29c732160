-- kind: payment.method_updated
select subject as customer, occurred_at as updated_at, method, position
from batch
