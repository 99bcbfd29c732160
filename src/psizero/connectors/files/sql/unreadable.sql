select line, reason as objection
from rejected
order by line
