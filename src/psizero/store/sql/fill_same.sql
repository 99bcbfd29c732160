insert into scratch.{table} select * from {table}
