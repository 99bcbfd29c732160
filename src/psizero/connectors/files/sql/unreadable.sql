select line, reason
from rejected
order by line
