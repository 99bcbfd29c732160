insert into ledger values ($batch, $first, $last, $kinds, $chunks, $digest, $chain)
