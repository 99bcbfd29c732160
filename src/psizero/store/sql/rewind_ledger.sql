insert into scratch.main.ledger
select * from ledger where last_position <= $through order by batch
