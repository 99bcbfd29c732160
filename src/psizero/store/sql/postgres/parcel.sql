-- what became of an errand: its body; whether it was begun; whether who began it is there
select p.body, p.job is not null, exists (
    select from pg_catalog.pg_locks l
    where l.locktype = 'advisory' and l.granted and l.pid = p.pid
      and l.classid = 0 and l.objid = %(lock)s and l.objsubid = 1
)
from (select 1) one
left join work.parcel p on p.job = %(job)s
