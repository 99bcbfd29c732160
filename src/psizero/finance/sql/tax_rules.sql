-- kind: tax.assigned
select subject as customer, rule, position
from batch
