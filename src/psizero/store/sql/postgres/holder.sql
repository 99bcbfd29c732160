select holder from house.standing
