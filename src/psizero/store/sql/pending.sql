select '{name}', count(*) filter (position is null),
       min(rowid) filter (position is null),
       count(*) filter (position is null and recorded_at is null),
       (select count(*) from {table})
from {table}
where rowid >= {low}
