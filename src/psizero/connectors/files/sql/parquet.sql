create view file as
select file_row_number + 1 as line, {columns}
from read_parquet({path})
