select subject as customer, verb, count(*)::bigint as wishes, max(recorded_at) as latest_at
from wish_made
where recorded_at > $now - interval 30 days
group by all
