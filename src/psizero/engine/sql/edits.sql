-- kind: verdict
-- the clause of the gate has the same name: it asks for a yes to what came of this
select automation, verb, subject, episode, decision, "by", counterfactual as change, position
from batch
where clause = 'edited' and "by" <> 'policy'
