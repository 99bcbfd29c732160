-- kind: payment.applied
select subject as customer, currency,
       case when invoice = '' then amount_minor else -amount_minor end as balance_minor, position
from batch
where invoice = '' or payment = ''
-- kind: credit.issued
select subject as customer, currency, total_minor as balance_minor, position
from batch
-- kind: grant.moved
select subject as customer, currency, amount_minor as balance_minor, position
from batch
where move = 'drawn'
