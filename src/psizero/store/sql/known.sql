with offered as (
    select source, id, occurred_at, {digest} as digest from incoming
)
select distinct o.source, o.id
from offered o
join {table} k on k.source = o.source and k.id = o.id
where k.digest = o.digest and k.occurred_at = o.occurred_at
