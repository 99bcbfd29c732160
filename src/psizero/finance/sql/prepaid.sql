-- kind: credit.granted
select concat_ws('/', source, id) as grant_id, subject as customer, currency, amount_minor,
       amount_minor as left_minor, priority, paid, occurred_at as granted_at, expires_at,
       false as booked, true as open, position
from batch
-- kind: grant.moved
select grant_id, null::varchar as customer, null::varchar as currency, null::bigint as amount_minor,
       case when move = 'booked' then 0 else -amount_minor end as left_minor,
       null::bigint as priority, null::boolean as paid, null::timestamp as granted_at,
       null::timestamp as expires_at, case when move = 'booked' then true end as booked,
       case when closes then false end as open, position
from batch
