update {table} set to_position = f.position
from (select {key}, min(from_position) as position from folding where fresh = 1 group by all) f
where to_position is null and {match}
