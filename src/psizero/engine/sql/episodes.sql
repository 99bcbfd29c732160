-- kind: verdict
select automation, verb, subject, episode, decision, level, position from batch
