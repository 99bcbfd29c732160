select l.automation, l.level, l.changed_at as since,
       count(f.decision)::bigint as decisions,
       (count(*) filter (f.answer = 'approved' and not coalesce(f.overridden, false)))::bigint
           as agreed,
       (count(*) filter (f.answer in ('declined', 'edited')))::bigint as declined,
       (count(*) filter (f.clause = 'unanswered'))::bigint as unanswered,
       (count(*) filter (f.good))::bigint as good,
       (count(*) filter (not f.good))::bigint as bad,
       (count(*) filter (f.overridden or f.state = 'undone'))::bigint as overridden
from levels l
left join fates f on f.automation = l.automation and f.decided_at > l.changed_at
where l.scope = '*'
group by l.automation, l.level, l.changed_at
