-- kind: customer.created
select subject, null::varchar as zone_said, zone, country, false as erased, position from batch
-- kind: contact.set
select subject, zone as zone_said, null::varchar as zone, null::varchar as country,
       false as erased, position
from batch
-- kind: subject.erased
select subject, null::varchar as zone_said, null::varchar as zone, null::varchar as country,
       true as erased, position
from batch
