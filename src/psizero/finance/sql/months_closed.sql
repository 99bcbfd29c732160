-- kind: month.closed
select subject as entity, month_end as closed_until, position
from batch
