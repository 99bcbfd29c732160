insert into {table}
select * replace (id || '!' as id, {place} as position, {unlike}) from {table} where {where}
