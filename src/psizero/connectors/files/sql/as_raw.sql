case when {value} is not null and {typed} is null then {value}::varchar end
