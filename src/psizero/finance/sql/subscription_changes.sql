-- kind: subscription.changed
select source || ' ' || id as change, subscription, subject as customer, plan, version, quantity,
       effective, occurred_at as changed_at, position
from batch
