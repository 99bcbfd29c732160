select count from house.erasure
