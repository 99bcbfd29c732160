-- kind: verdict
-- a word on what is not unknown (in a replay that came out otherwise) opens nothing
select decision, automation, verb, subject, null::varchar as connector, null::varchar as reason,
       null::timestamp as since, position as said, null::boolean as open, position
from batch
where clause in ('settled_done', 'settled_refused')
-- kind: receipt
select decision, automation, verb, subject, connector, reason, recorded_at as since,
       null::bigint as said, state = 'unknown' as open, position
from batch
where connector <> '' and state in ('unknown', 'done', 'refused')
