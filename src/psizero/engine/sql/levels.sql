-- kind: policy.changed
select subject as automation, scope, level, "by", because, recorded_at as changed_at,
       case when restarts then position end as restarted, position
from batch
