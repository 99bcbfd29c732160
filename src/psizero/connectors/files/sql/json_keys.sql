select distinct unnest(json_keys(json)) as key
from object
where json_type(json) = 'OBJECT'
order by key
