-- all rows of one morning share their instant
select subject as customer, occurred_at as scored_at, plan, probability, band, model, because,
       contributions
from churn_scored
where occurred_at > $now - interval 15 days
  and occurred_at = (
      select max(occurred_at) from churn_scored where occurred_at > $now - interval 15 days)
