select * from {table} where {condition} order by rowid
