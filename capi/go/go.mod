module cfutures

go 1.24
