module example.org/hostile

go 1.26.0
