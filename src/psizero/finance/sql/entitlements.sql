-- kind: entitlement.changed
select subject as customer, limit_percent, read_only, why, occurred_at as changed_at,
       limit_percent < 100 or read_only as limited, position
from batch
