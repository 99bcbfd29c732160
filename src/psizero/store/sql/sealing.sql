create or replace temp table sealing as
select kind, row_number, stamp, restamped,
       $last + row_number() over (order by stamp, kind, source, id) as position
from ({parts})
