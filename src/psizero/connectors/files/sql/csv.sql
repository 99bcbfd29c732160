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
select (readable.nth + 1 + coalesce(sum(no_rows.lines) over (
           rows between unbounded preceding and current row), 0))::bigint as line,
    readable.* exclude (nth)
from readable left join no_rows on no_rows.nth = readable.nth
