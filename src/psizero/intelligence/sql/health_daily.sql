-- all rows of one morning share their instant
select occurred_at as scored_at, count(score) as scored,
       round((sum(score::decimal(38,6)) / count(score))::double, 2) as average,
       count(*) filter (stance = 'critical') as critical,
       count(*) filter (stance = 'warning') as warning,
       count(*) filter (stance = 'good') as good
from health_scored
where occurred_at > $now - interval 35 days
group by occurred_at
