select o.nth
from offered o
join known.{table} k on k.source = o.source and k.id = o.id
where k.occurred_at = o.occurred_at and k.digest = o.digest
