insert into rejected
select line, 'not a JSON object'
from object
where json_type(json) is distinct from 'OBJECT'
order by line
