-- how a customer was found: by the lead that its trial began with
select t.subject as customer, arg_min(l.channel, (t.occurred_at, l.position)) as channel
from trial_started t
join lead_captured l on l.subject = t.lead
where t.occurred_at > $now - interval 800 days and l.occurred_at > $now - interval 800 days
  and l.channel is not null
group by t.subject
