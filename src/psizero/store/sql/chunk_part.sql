select position, epoch_us(occurred_at) as occurred, epoch_us(recorded_at) as recorded, digest
from {table}
where position between $first and $last
