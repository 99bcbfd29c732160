-- the last level of each; `policy` is a guardrail, `replay` changed code or settings
select subject as automation, arg_max(level, position) as level, max(recorded_at) as fell_at
from policy_changed
where recorded_at > $now::timestamp - interval 24 hours and recorded_at <= $now::timestamp
group by subject
having arg_max("by", position) in ('policy', 'replay')
