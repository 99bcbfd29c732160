-- kind: decision
select id as decision, subject as customer, json_extract_string(parameters, '$.ticket') as ticket,
       json_extract_string(parameters, '$.message') as message,
       json_extract_string(parameters, '$.form') as form,
       json_extract_string(parameters, '$.passage') as passage, occurred_at as decided_at,
       null::timestamp as sent_at, position
from batch
where verb = 'ticket.reply'
-- kind: receipt
select decision, subject as customer, null::varchar as ticket, null::varchar as message,
       null::varchar as form, null::varchar as passage, null::timestamp as decided_at,
       occurred_at as sent_at, position
from batch
where verb = 'ticket.reply' and state = 'done'
