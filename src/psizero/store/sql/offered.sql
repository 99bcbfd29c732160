-- each incoming row against what stands under its source and id: a known row, or their first one
with offered as (
    select nth, source, id, occurred_at, {digest} as digest from incoming
),
beside as (
    select o.nth, o.source, o.id, o.occurred_at, o.digest, row_number() over nths as place,
           any_value(k.digest) over ids as known, any_value(k.occurred_at) over ids as known_at,
           first_value(o.digest) over nths as first, first_value(o.occurred_at) over nths as first_at
    from offered o
    left join {table} k on k.source = o.source and k.id = o.id {near}
    window ids as (partition by o.source, o.id),
           nths as (partition by o.source, o.id order by o.nth)
)
select source, id, known is null and place = 1 as fresh,
       coalesce(case when known is null then digest <> first or occurred_at <> first_at
                else digest <> known or occurred_at <> known_at end, false) as differs
from beside
order by nth
