// SPDX-License-Identifier: Apache-2.0
//
// What reading an exposition costs, in each format: gauges with three labels as Flink pushes them,
// and histograms. One thread; bytes/s and samples/s. WEIR_BENCH_BYTES sets the bytes of a body.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <protozero/pbf_writer.hpp>
#include <string>

#include "exposition/open_metrics.hpp"
#include "exposition/protobuf.hpp"
#include "exposition/text_reader.hpp"

namespace {

using namespace weir::exposition;

std::size_t bytes_of_body() {
  const char* const text = std::getenv("WEIR_BENCH_BYTES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : std::size_t{1} << 20;
}

constexpr std::string_view gauge_name =
    "flink_taskmanager_job_task_operator_numRecordsInPerSecond_";

std::string labels_of(int number) {
  return "{host=\"taskmanager-" + std::to_string(number % 40) +
         "\",job_name=\"orders_to_invoices\",tm_id=\"container_e0" + std::to_string(number) + "\"}";
}

std::string gauges(bool open_metrics) {
  std::string body;
  for (int family = 0; body.size() < bytes_of_body(); ++family) {
    const std::string name = std::string(gauge_name) + std::to_string(family);
    body += "# HELP " + name + " numRecordsInPerSecond (scope: taskmanager_job_task_operator)\n";
    body += "# TYPE " + name + " gauge\n";
    for (int i = 0; i < 10; ++i) {
      body += name + labels_of(i) + " " + std::to_string(1000.25 * (i + 1) + family) + "\n";
    }
  }
  return open_metrics ? body + "# EOF\n" : body;
}

std::string histograms() {
  std::string body;
  for (int family = 0; body.size() < bytes_of_body(); ++family) {
    const std::string name = "request_seconds_" + std::to_string(family);
    body += "# TYPE " + name + " histogram\n";
    for (const char* const bound : {"0.1", "0.5", "1", "5", "10", "+Inf"}) {
      body += name + "_bucket{path=\"/api/v2/write\",le=\"" + bound + "\"} 12345\n";
    }
    body += name + "_sum{path=\"/api/v2/write\"} 17.25\n" + name +
            "_count{path=\"/api/v2/write\"} 12345\n";
  }
  return body;
}

std::string protobuf() {
  std::string body;
  for (int family = 0; body.size() < bytes_of_body(); ++family) {
    std::string message;
    protozero::pbf_writer head(message);
    head.add_string(1, std::string(gauge_name) + std::to_string(family));
    head.add_enum(3, 1);
    for (int i = 0; i < 10; ++i) {
      protozero::pbf_writer metric(head, 4);
      for (const auto& [name, value] :
           {std::pair("host", "taskmanager-12"), std::pair("job_name", "orders_to_invoices"),
            std::pair("tm_id", "container_e01")}) {
        protozero::pbf_writer pair(metric, 1);
        pair.add_string(1, name);
        pair.add_string(2, value);
      }
      protozero::pbf_writer gauge(metric, 2);
      gauge.add_double(1, 1000.25 * i);
    }
    protozero::write_varint(std::back_inserter(body), message.size());
    body += message;
  }
  return body;
}

template <class Reader>
void run(benchmark::State& state, const std::string& body, Reader read) {
  std::size_t samples = 0;
  for (auto turn : state) {
    static_cast<void>(turn);
    document all;
    if (const auto wrong = read(body, all)) {
      state.SkipWithError(wrong->text().c_str());
      return;
    }
    samples += all.samples().size();
    benchmark::DoNotOptimize(all.samples().data());
  }
  if (samples == 0) {
    state.SkipWithError("no samples");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(samples));
}

BENCHMARK_CAPTURE(run, text_gauges, gauges(false), read_text);
BENCHMARK_CAPTURE(run, text_histograms, histograms(), read_text);
BENCHMARK_CAPTURE(run, open_metrics_gauges, gauges(true), read_open_metrics);
BENCHMARK_CAPTURE(run, protobuf_gauges, protobuf(), read_protobuf);

}  // namespace

BENCHMARK_MAIN();
