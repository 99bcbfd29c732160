-- kind: payment.failed
select invoice, occurred_at as first_failed_at, occurred_at as last_failed_at,
       coalesce(decline_code, '') as decline_code, 1::bigint as failures, true as open, position
from batch
where invoice is not null
-- kind: payment.applied
select invoice, null::timestamp as first_failed_at, null::timestamp as last_failed_at,
       null::varchar as decline_code, 0::bigint as failures,
       case when settles then false end as open, position
from batch
where invoice != ''
-- kind: debt.written_off
select invoice, null::timestamp as first_failed_at, null::timestamp as last_failed_at,
       null::varchar as decline_code, 0::bigint as failures, false as open, position
from batch
