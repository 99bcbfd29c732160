select * from {table} where rowid between $first and $last order by rowid
