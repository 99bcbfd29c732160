-- kind: month.closed
select month, account, currency, amount as amount_minor, position
from (
    select position, unnest(from_json(sums, '[{"month": "VARCHAR", "account": "VARCHAR",
               "currency": "VARCHAR", "amount": "BIGINT"}]'), recursive := true)
    from (select position, sums from batch)
)
