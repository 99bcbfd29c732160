-- of several versions from one instant the last counts; terms of {} are a plan without a price
select plan, valid_from,
       lead(valid_from) over (partition by plan order by valid_from) as valid_until,
       version, currency, "interval", interval_count,
       case "interval" when 'year' then 12 * interval_count
                       when 'month' then interval_count else 0 end::integer as months,
       case "interval" when 'week' then 7 * interval_count
                       when 'day' then interval_count else 0 end::integer as days,
       terms <> '{}' as priced, (terms ->> '$.base')::decimal(38,15) as base,
       terms ->> '$.seats' as seats
from (
    from prices
    qualify row_number() over (partition by plan, valid_from order by version desc) = 1
)
