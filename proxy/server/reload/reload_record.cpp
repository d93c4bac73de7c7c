// SPDX-License-Identifier: Apache-2.0
#include "server/reload/reload_record.hpp"

#include "base/one_line.hpp"

namespace weir {
namespace {

constexpr std::size_t words_bytes_max = 2048;

}  // namespace

void reload_record::succeeded(wall_time now) {
  const std::lock_guard hold(lock_);
  failure_.clear();
  ++successes_;
  last_success_ = now;
}

void reload_record::failed(const std::string& why) {
  std::string joined;
  for (const char c : why) {  // several mistakes stand on lines of their own
    joined += c == '\n' ? std::string("; ") : std::string(1, c);
  }
  const std::lock_guard hold(lock_);
  failure_ = one_line(joined, words_bytes_max);
  ++failures_;
}

std::string reload_record::failure_words() const {
  const std::lock_guard hold(lock_);
  return failure_;
}

void reload_record::collect(metric_collector& out) const {
  const std::lock_guard hold(lock_);
  const auto count = [&out](std::string_view result, std::uint64_t n) {
    out.counter_value("weir_config_reloads_total",
                      "Reloads of the configuration since the start, by result.",
                      static_cast<double>(n), {{"result", result}});
  };
  count("success", successes_);
  count("failure", failures_);
  out.gauge_value("weir_config_last_reload_successful",
                  "1 unless the last reload of the configuration failed.",
                  failure_.empty() ? 1 : 0);
  out.gauge_value("weir_config_last_reload_success_timestamp_seconds",
                  "When the configuration that is in force was read, since the epoch.",
                  static_cast<double>(last_success_.ns) / 1e9);
}

}  // namespace weir
