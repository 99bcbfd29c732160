-- kind: credit.issued
select invoice, 1::bigint as notes, total_minor, position
from batch
