-- kind: verdict
-- one row a tick: all rows of a tick share their recorded_at
select automation, verb, date_trunc('hour', occurred_at) as hour,
       count(*)::bigint as actions, sum(money_minor)::bigint as money_minor,
       max(position) as position
from batch
where level = 'auto' and "by" = 'policy'
group by automation, verb, hour, recorded_at
