-- a subscription older than its plan's first price keeps that price's interval
select s.subscription, p."interval", p.interval_count, p.months, p.days
from subscriptions s
join price_steps p
  on p.plan = s.plan and s.started_at < coalesce(p.valid_until, 'infinity'::timestamp)
where s.started_at is not null
qualify row_number() over (partition by s.subscription order by p.valid_from) = 1
