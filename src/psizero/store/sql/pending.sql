select count(*), min(recorded_at), max(recorded_at), min(rowid), count(*) filter (recorded_at is null)
from {table}
where position is null and rowid >= {low}
