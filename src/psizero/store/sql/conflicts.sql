-- rows known under the same source and id with other content, or twice in the batch itself
with offered as (
    select source, id, occurred_at, {digest} as digest from incoming
)
select distinct o.source, o.id
from offered o
join {table} k on k.source = o.source and k.id = o.id
where k.digest <> o.digest
   or (o.occurred_at is not null and k.occurred_at <> o.occurred_at)
order by all
