-- the morning on which a decision of 30 days ago was taken
select subject as customer, occurred_at as scored_at, score, stance
from health_scored
where occurred_at > $now - interval 65 days
  and occurred_at = (
      select max(occurred_at) from health_scored
      where occurred_at > $now - interval 65 days and occurred_at <= $now - interval 30 days)
