-- each incoming row against what stands under its source and id: a known row, or their first one
with offered as (
    select nth, source, id, occurred_at, {digest} as digest from incoming
),
beside as (
    select o.nth, o.source, o.id, o.occurred_at, o.digest,
           k.source is null and row_number() over nths = 1 as fresh,
           case when k.source is null then first_value(o.digest) over nths
                else k.digest end as stands,
           case when k.source is null then first_value(o.occurred_at) over nths
                else k.occurred_at end as stands_at
    from offered o
    left join {table} k on k.source = o.source and k.id = o.id
    window nths as (partition by o.source, o.id order by o.nth)
)
select source, id, fresh,
       coalesce(digest <> stands or occurred_at <> stands_at, false) as differs
from beside
order by nth
