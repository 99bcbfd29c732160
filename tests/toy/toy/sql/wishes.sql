-- kind: wish.made
select id as wish, subject as customer, occurred_at as made_at, verb, episode, "text", minor,
       currency, confidence, expires_at, position
from batch
