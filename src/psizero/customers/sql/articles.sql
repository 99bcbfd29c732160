-- kind: article.set
select subject as passage, title, text, live, position
from batch
