insert into scratch.{table} by name
select * from {table} where recorded < $rolled
