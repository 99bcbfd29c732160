(select * from {table} where false)
