-- a decision is judged within the longest window in which a person may answer, or never
with taken as (
    select decision, verb, channel,
           case when clause in ('quiet_hours', 'approved_quiet')
                then json_extract_string(counterfactual, '$.would_be')::timestamp
                else recorded_at end as contacted_at
    from verdict
    where level = 'auto' and "by" = 'policy' and channel <> ''
      and recorded_at > $now - interval 9 days
),
refused as (
    select distinct decision from receipt
    where state = 'refused' and not starts_with(reference, decision || '-')
      and recorded_at > $now - interval 9 days
)
select coalesce(json_extract_string(d.parameters, '$.to'), d.subject) as subject,
       t.contacted_at, t.decision, d.subject as about, t.verb, t.channel,
       coalesce(json_extract_string(d.parameters, '$.stream'), 'service') as stream
from taken t
join decision d on d.id = t.decision and d.recorded_at > $now - interval 100 days
anti join refused r on r.decision = t.decision
