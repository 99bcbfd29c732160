select f.automation, d.verb, json_extract_string(d.parameters, '$.stream') as stream,
       (count(*) filter (f.state = 'done'))::bigint as contacted,
       (count(*) filter (f.state = 'done' and f.good))::bigint as contacted_good,
       (count(*) filter (f.state = 'done' and not f.good))::bigint as contacted_bad,
       (count(*) filter (f.clause = 'held_out'))::bigint as held_out,
       (count(*) filter (f.clause = 'held_out' and f.good))::bigint as held_out_good,
       (count(*) filter (f.clause = 'held_out' and not f.good))::bigint as held_out_bad
from fates f
join decision d on d.id = f.decision
where d.recorded_at > $now - interval 365 days
  and json_extract_string(d.parameters, '$.stream') in ('product', 'marketing')
group by all
