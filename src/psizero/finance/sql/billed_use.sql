-- a customer with several subscriptions uses them all alike: the line's own sum is kept anyway
select l.invoice, l.line, date_trunc('day', u.start)::timestamp as day,
       sum(u.quantity)::decimal(38,9) as quantity
from billed_lines l
join usage_recorded u
  on u.customer = l.customer and u.meter = l.meter
 and u.start >= l.period_start and u.start < l.period_end and u.recorded < l.billed_through
where l.kind = 'usage'
group by all
