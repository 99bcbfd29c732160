update {table}
set recorded_at = s.stamp, occurred_at = coalesce(occurred_at, s.stamp)
from sealing s
where s.kind = '{kind}' and s.restamped and {table}.rowid = s.row_number
