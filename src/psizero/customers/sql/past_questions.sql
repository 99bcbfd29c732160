-- kind: question.solved
select source, id, subject, text, coalesce(passage, '') as passage, position
from batch
