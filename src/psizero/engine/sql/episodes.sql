-- kind: verdict
-- a person's yes decides nothing by itself: the gate says what follows from it
select automation, verb, subject, episode, decision, level, clause, position as judged, position
from batch
where "by" = 'policy' or clause in ('declined', 'overridden')
