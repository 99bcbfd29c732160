select * exclude (digest) from {table} order by rowid
