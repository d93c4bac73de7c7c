// SPDX-License-Identifier: Apache-2.0
//
// The findings of one write request, gathered while it is read: counts by code and sender, and an
// example for each code. They reach the book when the request is committed. Bounded; costs nothing
// while nothing is found. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "facts/refusals/finding.hpp"

namespace weir {

class request_findings {
 public:
  /// The datagrams of some milliseconds share a request: further senders are counted as the last
  /// one, whose texts say "others".
  static constexpr std::size_t senders_max = 16;
  /// Pairs of a reason and a sender; further lines are counted nowhere but in the accounts.
  static constexpr std::size_t entries_max = 128;
  static constexpr std::size_t examples_max = 16;

  struct entry {
    finding_kind kind = finding_kind::rejected;
    finding_code code{parse_code::none};
    /// Index of `senders`.
    std::size_t sender = 0;
    std::uint64_t count = 0;
  };
  struct example {
    finding_kind kind = finding_kind::rejected;
    finding_code code{parse_code::none};
    std::size_t sender = 0;
    finding_example line;
  };

  /// The next lines may come from another sender.
  void next_sender() noexcept { begun_ = false; }
  /// Counts lines. `sender_of` returns their finding_sender and is called when that is not known
  /// yet.
  template <class Sender>
  void add(finding_kind kind, finding_code code, std::uint64_t count, Sender sender_of) {
    if (!begun_) {
      begin_sender(sender_of());
      begun_ = true;
      last_ = entries_max;
    }
    if (last_ < entries_.size() && entries_[last_].kind == kind && entries_[last_].code == code) {
      entries_[last_].count += count;  // what refuses one line of a body often refuses the next
      return;
    }
    count_other(kind, code, count);
  }
  /// Whether the request has no example of it yet, and room for one.
  [[nodiscard]] bool lacks_example(finding_kind kind, finding_code code) const noexcept;
  /// Of the line that was added last.
  void add_example(finding_kind kind, finding_code code, finding_example line);

  /// Nothing of the request is kept: what became of lines that would have been does not count.
  void forget_kept() noexcept;
  void clear() noexcept;

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] const std::vector<finding_sender>& senders() const noexcept { return senders_; }
  [[nodiscard]] std::vector<example>& examples() noexcept { return examples_; }
  [[nodiscard]] const std::vector<example>& examples() const noexcept { return examples_; }
  /// Memory of the examples, in bytes.
  [[nodiscard]] std::size_t bytes() const noexcept { return example_bytes_; }

 private:
  void begin_sender(finding_sender from);
  void count_other(finding_kind kind, finding_code code, std::uint64_t count);

  bool begun_ = false;
  /// Index in `senders_` of the one whose lines are read, and of the entry that was added to last.
  std::size_t current_ = 0;
  std::size_t last_ = entries_max;
  std::vector<entry> entries_;
  std::vector<finding_sender> senders_;
  std::vector<example> examples_;
  std::size_t example_bytes_ = 0;
};

}  // namespace weir
