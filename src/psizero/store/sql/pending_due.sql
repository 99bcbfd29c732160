select recorded_at
from {table}
where position is null and rowid >= {low} and recorded_at is not null
order by recorded_at
