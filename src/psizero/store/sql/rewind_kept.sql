insert into scratch.{table} by name
select * replace (case when to_position <= $through then to_position end as to_position)
from {table}
where from_position <= $through
