select * from {table}
where position <= $through and recorded + interval 15 minutes <= $now
