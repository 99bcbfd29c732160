-- All columns are varchar: a sniffed type would make one bad value spoil the whole file.
-- An empty field is null. Rows of the wrong width stand in `rejected`.
create view file as
with readable as (
    select row_number() over () as nth, *
    from read_csv(
        {path}, columns = {types}, delim = {delimiter}, quote = '"', escape = '"',
        header = true, auto_detect = false, ignore_errors = true
    )
)
select nth + 1 + len(list_filter({rejected_before}::bigint[], lambda x: x < nth)) as line,
    * exclude (nth)
from readable
