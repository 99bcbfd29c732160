-- the instant is compared too, so that of a long history only rows near it are looked at
with offered as (
    select nth, source, id, occurred_at, {digest} as digest from incoming
)
select o.nth
from offered o
join {table} k on k.source = o.source and k.id = o.id and k.occurred_at = o.occurred_at
where k.digest = o.digest
