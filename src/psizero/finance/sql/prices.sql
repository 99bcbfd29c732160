-- kind: price.set
select subject as plan, version, valid_from, currency, "interval", interval_count, terms, position
from batch
