-- No types are sniffed: each object stays text until a column of it is taken out. A line that
-- is not JSON comes as null and keeps its row number.
create view object as
select row_number() over () as line, json
from read_json_objects(
    {path}, compression = {compression}, format = {layout}, ignore_errors = true
)
