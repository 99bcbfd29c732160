-- kind: customer.created
select subject as customer, occurred_at as known_at, position from batch
-- kind: subscription.started
select subject as customer, occurred_at as known_at, position from batch
