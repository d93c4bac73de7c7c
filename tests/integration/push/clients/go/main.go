// SPDX-License-Identifier: Apache-2.0

// Pushes with Go's client: Push, Add and Delete, in protobuf (its default) and in text.
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"
)

func must(what string, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, what, err)
		os.Exit(1)
	}
}

func main() {
	address := os.Args[1]
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "go_pushed_gauge", Help: "words"})
	gauge.Set(1.5)
	histogram := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "pushed_histogram", Buckets: []float64{1, 5}})
	histogram.Observe(2)
	summary := prometheus.NewSummary(prometheus.SummaryOpts{Name: "pushed_summary", Objectives: map[float64]float64{0.5: 0.05}})
	summary.Observe(7)
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "pushed_total"})
	counter.Add(3)
	first := push.New(address, "go job").Grouping("path", "/a/b").Grouping("empty", "").
		Collector(gauge).Collector(histogram).Collector(summary)
	must("push", first.Push())
	must("add", push.New(address, "go job").Grouping("path", "/a/b").Grouping("empty", "").Collector(counter).Add())
	must("text", push.New(address, "text").Collector(gauge).Format(expfmt.NewFormat(expfmt.TypeTextPlain)).
		BasicAuth("user", "secret").Push())
	must("gone", push.New(address, "gone").Collector(gauge).Push())
	must("delete", push.New(address, "gone").Delete())
}
