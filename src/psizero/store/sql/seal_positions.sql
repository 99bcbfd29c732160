update {table} set position = s.position
from sealing s
where s.kind = '{kind}' and {table}.rowid = s.row_number
