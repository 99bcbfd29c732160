position <= $through
