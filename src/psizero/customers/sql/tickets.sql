-- kind: ticket.opened
select ticket, subject as customer, occurred_at as opened_at, null::timestamp as said_at,
       0::bigint as messages, null::varchar as author, null::varchar as source,
       null::varchar as id, null::varchar as subject_line, null::varchar as text,
       null::varchar as headers, null::varchar as message_id, null::varchar as in_reply_to,
       null::timestamp as staff_at, null::varchar as routed, null::varchar as category,
       null::varchar as priority, null::varchar as team, null::boolean as corrected,
       null::varchar as escalated, true as open, position
from batch
-- kind: ticket.said
-- what a customer writes opens a ticket too: its opening may come later, or never
select ticket, subject as customer,
       case when direction = 'in' and author = 'customer' then occurred_at end as opened_at,
       case when direction = 'in' then occurred_at end as said_at,
       (direction = 'in')::bigint as messages,
       case when direction = 'in' then author end as author,
       case when direction = 'in' then source end as source,
       case when direction = 'in' then id end as id,
       case when direction = 'in' then subject_line end as subject_line,
       case when direction = 'in' then text end as text,
       case when direction = 'in' then headers end as headers,
       case when direction = 'in' then message_id end as message_id,
       case when direction = 'in' then coalesce(in_reply_to, '') end as in_reply_to,
       case when direction = 'out' and author = 'staff' then occurred_at end as staff_at,
       null::varchar as routed, null::varchar as category, null::varchar as priority,
       null::varchar as team, null::boolean as corrected, null::varchar as escalated,
       case when direction = 'in' and author = 'customer' then true end as open, position
from batch
-- kind: ticket.closed
select ticket, subject as customer, null::timestamp as opened_at, null::timestamp as said_at,
       0::bigint as messages, null::varchar as author, null::varchar as source,
       null::varchar as id, null::varchar as subject_line, null::varchar as text,
       null::varchar as headers, null::varchar as message_id, null::varchar as in_reply_to,
       null::timestamp as staff_at, null::varchar as routed, null::varchar as category,
       null::varchar as priority, null::varchar as team, null::boolean as corrected,
       null::varchar as escalated, false as open, position
from batch
-- kind: ticket.routed
select ticket, subject as customer, null::timestamp as opened_at, null::timestamp as said_at,
       0::bigint as messages, null::varchar as author, null::varchar as source,
       null::varchar as id, null::varchar as subject_line, null::varchar as text,
       null::varchar as headers, null::varchar as message_id, null::varchar as in_reply_to,
       null::timestamp as staff_at, message as routed, category, priority, team,
       null::boolean as corrected, null::varchar as escalated, null::boolean as open, position
from batch
-- kind: ticket.corrected
select ticket, subject as customer, null::timestamp as opened_at, null::timestamp as said_at,
       0::bigint as messages, null::varchar as author, null::varchar as source,
       null::varchar as id, null::varchar as subject_line, null::varchar as text,
       null::varchar as headers, null::varchar as message_id, null::varchar as in_reply_to,
       null::timestamp as staff_at, null::varchar as routed, category, priority, team,
       true as corrected, null::varchar as escalated, null::boolean as open, position
from batch
-- kind: ticket.escalated
select ticket, subject as customer, null::timestamp as opened_at, null::timestamp as said_at,
       0::bigint as messages, null::varchar as author, null::varchar as source,
       null::varchar as id, null::varchar as subject_line, null::varchar as text,
       null::varchar as headers, null::varchar as message_id, null::varchar as in_reply_to,
       null::timestamp as staff_at, null::varchar as routed, null::varchar as category,
       null::varchar as priority, null::varchar as team, null::boolean as corrected,
       message as escalated, null::boolean as open, position
from batch
