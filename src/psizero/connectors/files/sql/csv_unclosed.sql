insert into rejected
select {rows} + count(*) + 2, {reason}
from rejected
