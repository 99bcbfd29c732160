update {table} set to_position = v.closed_at
from (values {rows}) v(closed_at, {key})
where {table}.to_position is null and {match}
