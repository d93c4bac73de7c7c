// SPDX-License-Identifier: Apache-2.0
//
// What became of lines that were not simply accepted, for those who ask a running weir: groups by
// kind and code with their newest example and their senders, and for each database the reasons and
// who sent such lines last. Bounded whatever names and codes come. Fed once a request that found
// something. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "facts/refusals/request_findings.hpp"

namespace weir {

/// Lines of one sender in a group.
struct group_sender {
  finding_sender from{};
  std::string database{};
  std::uint64_t count = 0;
  std::int64_t last_ns = 0;
};

/// The newest line that was kept as an example, and whose it was.
struct group_example {
  finding_example line{};
  finding_sender from{};
  std::string database{};
  std::string retention_policy{};
};

/// All lines with one code, since the start.
struct finding_group {
  static constexpr std::size_t senders_max = 8;

  finding_kind kind = finding_kind::rejected;
  finding_code code{parse_code::none};
  std::uint64_t count = 0;
  std::int64_t last_ns = 0;
  std::optional<group_example> example{};
  /// At most `senders_max`, those with most lines first. Where there were more, those with fewest
  /// lines gave way, and their counts with them.
  std::vector<group_sender> senders{};
};

/// The same of one database.
struct database_finding {
  static constexpr std::size_t count_max = 12;

  finding_kind kind = finding_kind::rejected;
  finding_code code{parse_code::none};
  std::uint64_t count = 0;
  std::int64_t last_ns = 0;
  /// Who sent the last of them, and what was said of the newest example, and how to mend it; empty:
  /// nothing was kept.
  finding_sender from{};
  std::string message{};
  std::string remedy{};
};

class finding_book {
 public:
  /// Databases with reasons of their own; the one without findings for longest gives way.
  static constexpr std::size_t databases_max = 256;
  static constexpr std::size_t name_bytes_max = 256;
  /// An example is replaced after so much time at the earliest, so that making examples costs
  /// little while every line is refused.
  static constexpr std::int64_t example_pause_ns = 200'000'000;

  /// Whether an example of it would be kept now. Cheap; any thread.
  [[nodiscard]] bool wants_example(finding_kind kind, finding_code code,
                                   std::int64_t now_ns) const noexcept {
    const std::int64_t last = example_at_ns_[place_of(kind, code)].load(std::memory_order_relaxed);
    // Also where the clock was set back.
    return last == 0 || now_ns < last || now_ns - last >= example_pause_ns;
  }
  /// Adds a request that was committed. Takes its examples.
  void add(request_findings& found, std::string_view database, std::string_view retention_policy,
           std::int64_t now_ns);

  /// Those of which a line came last, first.
  [[nodiscard]] std::vector<finding_group> groups(std::size_t count_max) const;
  /// Those of which most lines came, first.
  [[nodiscard]] std::vector<database_finding> of_database(std::string_view database) const;

 private:
  static constexpr std::size_t places = finding_kind_count * finding_code::count;
  [[nodiscard]] static constexpr std::size_t place_of(finding_kind kind,
                                                      finding_code code) noexcept {
    return static_cast<std::size_t>(kind) * finding_code::count + code.index();
  }
  struct database_findings {
    std::int64_t last_ns = 0;
    std::vector<database_finding> reasons;
  };
  [[nodiscard]] finding_group& group_of(finding_kind kind, finding_code code);
  [[nodiscard]] database_findings& findings_of(std::string_view database);

  std::array<std::atomic<std::int64_t>, places> example_at_ns_{};
  mutable std::mutex mutex_;
  std::array<std::unique_ptr<finding_group>, places> groups_;
  std::map<std::string, database_findings, std::less<>> databases_;
};

}  // namespace weir
