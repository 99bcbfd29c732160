-- kind: verdict
select subject, channel, occurred_at as touched_at, decision, position
from batch
-- an answer to what somebody asked holds nothing else back
where level = 'auto' and "by" = 'policy' and channel <> '' and verb <> 'ticket.reply'
