-- rows that came before are taken out again, and compared with what stands under their key
with odd as (
    delete from inbox.{table} i
    where i.nth between %(first)s and %(last)s and not exists (
        select from known.{table} k
        where k.source = i.source and k.id = i.id and k.nth = i.nth
    )
    returning i.nth, i.source, i.id, i.occurred_at, i.digest
),
beside as (
    select o.nth, o.source, o.id, o.occurred_at, o.digest, k.nth is null as alone,
           case when k.nth is null then first_value(o.digest) over nths else k.digest end as stands,
           case when k.nth is null then first_value(o.occurred_at) over nths
                else k.occurred_at end as stands_at
    from odd o
    left join known.{table} k on k.source = o.source and k.id = o.id
    window nths as (partition by o.source, o.id order by o.nth)
)
select nth, source, id, coalesce(digest <> stands or occurred_at <> stands_at, false)
from beside
order by nth
