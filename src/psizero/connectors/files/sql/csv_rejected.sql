insert into rejected
select line, min(error_message)
from reject_errors
group by line
order by line
