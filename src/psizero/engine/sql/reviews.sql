-- kind: verdict
select decision, automation, verb, subject,
       case when "by" = 'policy' then recorded_at end as done_at,
       "by" = 'policy' as open, position
from batch
where sampled or ("by" <> 'policy' and clause not in ('settled_done', 'settled_refused'))
