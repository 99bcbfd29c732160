select line::bigint as line, min(error_message) as reason
from reject_errors
group by all
order by line
