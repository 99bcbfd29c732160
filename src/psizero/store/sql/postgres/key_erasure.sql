update house.erasure set count = count + 1
