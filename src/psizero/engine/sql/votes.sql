-- kind: verdict
select decision, "by", clause, because, recorded_at as said_at, position
from batch
where "by" <> 'policy'
