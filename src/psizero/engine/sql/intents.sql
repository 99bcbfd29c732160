-- kind: verdict
select decision, automation, verb, subject, 'intended' as state, true as open, position
from batch
where level = 'auto' and channel <> ''
-- kind: receipt
select decision, automation, verb, subject, state, state = 'sent' as open, position
from batch
where connector <> ''
