create view file as
select {columns}
from object
where json_type(json) = 'OBJECT'
