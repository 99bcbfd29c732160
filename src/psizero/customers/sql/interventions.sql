select d.subject as customer, d.verb, d.episode, min(d.occurred_at) as decided_at
from decision d
where d.occurred_at > $now - interval 120 days and d.automation = 'customers.intervention'
  and exists (
      select 1 from verdict v
      where v.decision = d.id and v.level = 'auto' and v.occurred_at > $now - interval 120 days)
group by d.subject, d.verb, d.episode
