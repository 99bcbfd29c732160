-- usage sealed or waiting since the last closed recording quarter-hour; shown, never decided upon
select {by}, sum({quantity})::decimal(38,9) as quantity, count(*) as events
from {table}
where position is not null {since}
group by all
order by all
