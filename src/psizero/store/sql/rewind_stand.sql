update scratch.main.standing
set last_position = $through, sealed_at = $sealed_at, rolled_until = $rolled,
    batches = (select count(*) from scratch.main.ledger),
    chain = coalesce((select max_by(chain, batch) from scratch.main.ledger), '')
