insert into {table}
select {position}, occurred_at, recorded_at, source, id, subject, cause, {columns}, {digest}
from {incoming}
{conflict}
