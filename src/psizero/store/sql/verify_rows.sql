-- rows whose content no longer gives their digest, with where they stand
select '{kind}' as kind, position, source, id
from {table}
where digest is distinct from {digest}
order by position, source, id
limit 20
