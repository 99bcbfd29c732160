detach scratch
