-- kind: customer.created
select subject as customer, coalesce(segment, '') as segment, position
from batch
