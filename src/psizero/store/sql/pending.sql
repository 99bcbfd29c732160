select count(*), min(rowid), count(*) filter (recorded_at is null)
from {table}
where position is null and rowid >= {low}
