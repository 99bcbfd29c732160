select kind, count(*), max(stamp), bool_or(restamped) from sealing group by kind order by kind
