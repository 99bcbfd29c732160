select count(*) from pg_catalog.pg_locks l
join pg_catalog.pg_database d on d.oid = l.database
where l.locktype = 'advisory' and l.granted and l.mode = 'ShareLock'
  and d.datname = current_database()
  and l.classid = 0 and l.objid = %(lock)s and l.objsubid = 1
