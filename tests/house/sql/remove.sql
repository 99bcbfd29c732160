delete from {table} where {where}
