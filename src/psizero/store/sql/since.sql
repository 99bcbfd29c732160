select * exclude (digest) from {table} where position > $position order by position
