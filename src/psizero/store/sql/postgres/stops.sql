select scope, said from house.stop order by scope
