-- kind: model.promoted
select name, hash, fitted, occurred_at as promoted_at, true as live, position
from batch
-- kind: model.withdrawn
select name, hash, null::varchar as fitted, null::timestamp as promoted_at, false as live, position
from batch
