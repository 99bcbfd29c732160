-- kind: outcome
-- one row a tick: all rows of a tick share their recorded_at
select automation, date_trunc('hour', recorded_at) as hour,
       (count(*) filter (good))::bigint as good, (count(*) filter (not good))::bigint as bad,
       (count(*) filter (good is null and value is null))::bigint as missing,
       max(position) as position
from batch
group by automation, hour, recorded_at
