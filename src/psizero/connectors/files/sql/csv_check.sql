-- Every column is counted, or DuckDB would not look at every value's encoding. In parallel,
-- DuckDB 2.0 silently loses good rows after a quote that is not closed (see csv.sql).
select count(*), count(columns(*))
from read_csv(
    {path}, columns = {types}, compression = {compression}, delim = {delimiter}, quote = '"',
    escape = '"', header = true, auto_detect = false, parallel = false,
    store_rejects = true, rejects_line_size_limit = 1
)
