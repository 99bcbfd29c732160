-- kind: verdict
select automation, verb, subject, episode, decision,
       case when clause <> 'escalated' then clause end as clause,
       case when clause <> 'escalated' then because end as because,
       case when clause <> 'escalated' then counterfactual end as counterfactual,
       case when clause <> 'escalated' then money_minor end as money_minor,
       case when clause <> 'escalated' then recorded_at end as asked_at,
       answer_until,
       case when clause = 'escalated' then recorded_at end as escalated_at,
       null::bigint as voted,
       null::boolean as edited, level = 'approve' as open, position
from batch
where "by" = 'policy'
union all
select automation, verb, subject, episode, null, null, null, null, null, null, null, null,
       position, case when clause = 'edited' then true end,
       case when clause = 'declined' then false end, position
from batch
where "by" <> 'policy'
