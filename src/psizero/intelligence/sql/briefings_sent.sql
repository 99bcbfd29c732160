-- how each briefing of three days went out; `complete` is what was said of the sources then
with sent as (
    select decision, min(recorded_at) as sent_at
    from receipt
    where recorded_at > $now - interval 3 days and state = 'done'
      and automation = 'intelligence.morning_briefing'
    group by decision
)
select d.id as decision, d.recorded_at as decided_at, sent_at,
       date_diff('minute', d.recorded_at, sent_at) as delay_minutes,
       coalesce(json_extract_string(d.evidence, '$.facts.complete') = 'true', false) as complete
from decision d left join sent on sent.decision = d.id
where d.recorded_at > $now - interval 3 days and d.automation = 'intelligence.morning_briefing'
