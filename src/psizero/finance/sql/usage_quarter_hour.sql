select customer, meter, start, sum(quantity)::decimal(38,9) as quantity
from usage_recorded
group by customer, meter, start
