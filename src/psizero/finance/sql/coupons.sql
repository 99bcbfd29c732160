-- kind: coupon.granted
select coupon, subscription, subject as customer, share, amount_minor, currency,
       occurred_at as granted_at, until, position
from batch
