module languagesubject

go 1.24

require cfutures v0.0.0

replace cfutures => ../../../../capi/go
