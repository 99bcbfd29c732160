select {columns}
from unnest(%(arrivals)s::bigint[]) a(id)
join inbox.{table} i on i.nth between a.id << 20 and (a.id << 20) + 1048575
order by i.nth
