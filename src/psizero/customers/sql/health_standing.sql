-- all rows of one morning share their instant
select subject as customer, occurred_at as scored_at,
       * exclude (position, occurred_at, recorded_at, source, id, subject, cause)
from health_scored
where occurred_at > $now - interval 35 days
  and occurred_at = (
      select max(occurred_at) from health_scored where occurred_at > $now - interval 35 days)
