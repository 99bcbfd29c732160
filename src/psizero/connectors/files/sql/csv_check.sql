-- Every column is counted, or DuckDB would not look at every value's encoding.
select count(columns(*))
from read_csv(
    {path}, columns = {types}, delim = {delimiter}, quote = '"', escape = '"',
    header = true, auto_detect = false, store_rejects = true, rejects_line_size_limit = 1
)
