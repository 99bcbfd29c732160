-- kind: policy.changed
select subject as automation, scope, level, "by", because, position from batch
