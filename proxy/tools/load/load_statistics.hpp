// SPDX-License-Identifier: Apache-2.0
//
// What a load run counted and how it is told: latencies in a histogram of fixed size, totals, a
// summary for people and one for programs. Pure; one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tools/load/load.hpp"
#include "tools/load/load_options.hpp"
#include "tools/load/report/load_samples.hpp"
#include "tools/load/response_reader.hpp"

namespace weir {

/// What InfluxDB answers to points that it has stored; 200 comes from other servers.
inline constexpr int status_stored = 204;

/// Counts durations in buckets that are never wider than a 64th of their values.
class latency_histogram {
 public:
  void add(std::int64_t nanoseconds) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::int64_t max_ns() const noexcept { return max_ns_; }
  /// The duration that this share (0 to 1) of all did not exceed; 0 when there is none.
  [[nodiscard]] std::int64_t quantile_ns(double share) const noexcept;

 private:
  // Values below 2^6 have a bucket each; every further power of two has 64.
  static constexpr unsigned sub_bits = 6;
  static constexpr std::size_t buckets = (64 - sub_bits) << sub_bits;
  static std::size_t bucket_of(std::uint64_t value) noexcept;
  static std::uint64_t last_value_of(std::size_t bucket) noexcept;

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
};

/// What a process used, between two looks at it.
struct process_usage {
  double cpu_seconds = 0;
  /// The most memory it ever had, since it started; 0 when the system does not say.
  std::uint64_t peak_bytes = 0;
};

struct load_totals {
  /// Requests or datagrams that were begun, and what was in them.
  std::uint64_t pieces_sent = 0;
  std::uint64_t lines_sent = 0;
  std::uint64_t line_bytes_sent = 0;
  std::uint64_t wire_bytes_sent = 0;
  /// Among the lines that were sent, in the order of `bad_kinds`.
  bad_counts bad_sent{};
  /// Of answers 204, and as the others say that have counts of lines (weir's, where bad lines are
  /// sent).
  std::uint64_t lines_accepted = 0;
  std::uint64_t line_bytes_accepted = 0;
  std::uint64_t lines_rejected = 0;
  std::uint64_t lines_dropped = 0;
  /// Of requests with bad lines that were refused by servers that do not say how many of their
  /// lines.
  std::uint64_t lines_unknown = 0;
  /// Answers other than 204 that are what bad lines were sent for: no good line was refused, as far
  /// as the answer tells.
  std::uint64_t refused_as_asked = 0;
  /// Series of which good lines were sent, where --series or --churn asked for so many; of these,
  /// those that began while the run went on.
  std::uint64_t series = 0;
  std::uint64_t new_series = 0;
  /// Answers by status.
  std::map<int, std::uint64_t> answers;
  /// Requests without an answer (or datagrams that the system refused), by reason.
  std::map<std::string, std::uint64_t> failures;
  /// The first answer beyond 299: its status and the beginning of its body.
  std::string first_refusal;
  std::uint64_t connections_opened = 0;
  latency_histogram latency;
  /// Where there is to be a report.
  load_samples samples;
  /// From the first request to the last answer.
  std::int64_t elapsed_ns = 0;
  std::uint64_t ring_pieces = 0;
  std::uint64_t ring_lines = 0;
  /// Of this process while it sent.
  process_usage own;
  /// Of the process that --pid names. Empty: none was named, or it ended before the run did.
  std::optional<process_usage> watched;
  bool interrupted = false;
  /// Why the run ended before its time; empty: it did not.
  std::string given_up;
};

/// Counts an answer with what it says of its piece's lines. Whether it is well: 204, or no other
/// than the piece's bad lines were refused.
/// `body_begin` is looked at where there are no counts of lines: other refusals have the same
/// status.
[[nodiscard]] bool count_answer(int status, const std::optional<answered_lines>& said,
                                std::string_view body_begin, const load_piece& piece,
                                load_totals& totals);

/// Every request was answered with success, or refused for nothing but the bad lines that were
/// asked for.
[[nodiscard]] bool all_well(const load_totals& totals) noexcept;

/// Several lines for a person, with a line feed at the end.
[[nodiscard]] std::string load_summary(const load_options& options, const load_totals& totals);

/// One JSON object with a line feed at the end.
[[nodiscard]] std::string load_json(const load_options& options, const load_totals& totals);

/// What the last second brought: no line feed. `last` is what the totals were `interval_ns` ago.
[[nodiscard]] std::string load_progress(const load_totals& last, const load_totals& now,
                                        std::int64_t interval_ns, std::int64_t elapsed_ns);

/// "41%, 6.0 s left": of the duration or of the lines that were asked for, whichever is over first.
[[nodiscard]] std::string load_left(const load_options& options, const load_totals& now,
                                    std::int64_t elapsed_ns);

}  // namespace weir
