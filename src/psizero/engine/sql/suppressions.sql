-- kind: message.bounced
-- RFC 3463: an address that is none is hard; what is unknown suppresses nothing
select subject, channel,
       case when regexp_matches(coalesce(reason, ''), '^5\.1\.(1|2|3|6|10)\b')
            then occurred_at end as bounced_at,
       regexp_matches(coalesce(reason, ''), '^(4\.\d|5\.2\.2\b)')::bigint as soft_bounces,
       null::timestamp as complained_at, null::timestamp as suppressed_at,
       null::timestamp as renewed_at, position
from batch
-- kind: message.complained
select subject, channel, null::timestamp as bounced_at, 0::bigint as soft_bounces,
       occurred_at as complained_at, null::timestamp as suppressed_at,
       null::timestamp as renewed_at, position
from batch
-- kind: message.suppressed
select subject, channel, null::timestamp as bounced_at, 0::bigint as soft_bounces,
       null::timestamp as complained_at, occurred_at as suppressed_at,
       null::timestamp as renewed_at, position
from batch
-- kind: contact.set
select subject, unnest(case when channel = 'phone' then ['phone', 'sms'] else [channel] end)
           as channel,
       null::timestamp as bounced_at, 0::bigint as soft_bounces,
       null::timestamp as complained_at, null::timestamp as suppressed_at,
       occurred_at as renewed_at, position
from batch
