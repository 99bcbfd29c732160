select * exclude (digest) from {table} where position <= $through
