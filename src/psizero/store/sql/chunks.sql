-- one digest per 1,024 positions, so that a change is found to within that many rows
select (position - $first) // 1024 as chunk,
       sha256(string_agg(concat_ws('|', position, occurred, recorded, hex(digest)), chr(10)
                         order by position)) as digest
from ({parts})
group by 1
order by 1
