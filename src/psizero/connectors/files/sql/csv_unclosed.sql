insert into rejected
select greatest({rows} + count(*) + 2, max(line) + 1), {reason}
from rejected
