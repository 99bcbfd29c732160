-- the digests of `chunks.sql` for many batches at once
with stamped as ({parts})
select l.batch, (s.position - l.first_position) // 1024 as chunk,
       sha256(string_agg(concat_ws('|', s.position, s.occurred, s.recorded, hex(s.digest)),
                         chr(10) order by s.position)) as digest
from stamped s
asof join ledger l on s.position >= l.first_position
group by all
order by all
