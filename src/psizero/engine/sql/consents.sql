-- kind: consent.given
-- without origin and wording nobody can show it: it counts for nothing
select subject, purpose, channel,
       case when basis = 'explicit' and shown then occurred_at end as explicit_at,
       case when basis = 'soft_opt_in' and shown then occurred_at end as soft_at,
       origin, text_version, null::timestamp as withdrawn_at, position
from (select *, coalesce(trim(origin) <> '' and trim(text_version) <> '', false) as shown
      from batch)
-- kind: consent.withdrawn
select subject, purpose, channel, null::timestamp as explicit_at, null::timestamp as soft_at,
       null::varchar as origin, null::varchar as text_version, occurred_at as withdrawn_at,
       position
from batch
