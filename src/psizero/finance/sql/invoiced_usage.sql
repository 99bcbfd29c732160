-- kind: invoice.issued
-- one row a tick and meter: all rows of a tick share their recorded_at
select meter, sum(quantity::decimal(38,9))::decimal(38,9) as quantity, max(position) as position
from (
    select position, recorded_at,
           unnest(from_json(lines, '[{"meter": "VARCHAR", "quantity": "VARCHAR"}]'),
                  recursive := true)
    from batch
)
where quantity is not null
group by meter, recorded_at
