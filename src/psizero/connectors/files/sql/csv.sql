-- All columns are varchar: a sniffed type would make one bad value spoil the whole file.
-- An empty field is null. Rows of the wrong width or encoding stand in `rejected`.
-- Not in parallel: DuckDB 2.0 then loses good rows after a broken quote, without a word.
create view file as
with readable as (
    select row_number() over () as nth, *
    from read_csv(
        {path}, columns = {types}, compression = {compression}, delim = {delimiter}, quote = '"',
        escape = '"', header = true, auto_detect = false, parallel = false, ignore_errors = true
    )
)
select nth + 1 + len(list_filter({rejected_before}::bigint[], lambda x: x < nth)) as line,
    * exclude (nth)
from readable
