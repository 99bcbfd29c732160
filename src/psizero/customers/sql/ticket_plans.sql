select customer, min(plan) as plan
from subscriptions semi join tickets using (customer)
where plan is not null and started_at <= $now and coalesce(ended_at > $now, true)
group by customer
