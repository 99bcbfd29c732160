select '{name}', count(*), min(rowid), count(*) filter (recorded_at is null),
       (select count(*) from {table})
from {table}
where position is null and rowid >= {low}
