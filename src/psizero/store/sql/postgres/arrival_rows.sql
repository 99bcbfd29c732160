select kind, sum(rows)::bigint from house.arrival group by kind order by kind
