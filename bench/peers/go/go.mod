module peers

go 1.26

require (
	github.com/VictoriaMetrics/VictoriaMetrics v1.130.0
	github.com/influxdata/influxdb v1.13.2
	github.com/influxdata/line-protocol/v2 v2.2.1
)

require (
	github.com/VictoriaMetrics/metrics v1.40.2 // indirect
	github.com/VictoriaMetrics/metricsql v0.84.8 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	github.com/valyala/fastjson v1.6.4 // indirect
	github.com/valyala/fastrand v1.1.0 // indirect
	github.com/valyala/histogram v1.2.0 // indirect
	github.com/valyala/quicktemplate v1.8.0 // indirect
	golang.org/x/sys v0.45.0 // indirect
)
