select '{kind}' as kind, rowid as row_number,
       greatest(recorded_at, $earliest) as stamp, recorded_at is distinct from
       greatest(recorded_at, $earliest) or occurred_at is null as restamped, source, id
from {table}
where position is null and rowid >= {low} and ({condition})
