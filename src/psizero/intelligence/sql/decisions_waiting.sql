-- whatever waits was asked within its window, of 30 days at the most; a briefing that waits for
-- its own sending is no news in it
select p.automation, p.verb, p.subject, p.episode, p.decision, p.money_minor, p.answer_until,
       d.currency, json_extract_string(d.evidence, '$.because') as because
from pending p join decision d on d.id = p.decision
where d.recorded_at > $now - interval 30 days and p.answer_until > $now
  and p.automation <> 'intelligence.morning_briefing'
