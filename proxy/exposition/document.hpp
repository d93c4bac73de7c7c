// SPDX-License-Identifier: Apache-2.0
//
// What an exposition says, whichever format it came in: families of metrics, and samples flat, as
// the classic text format has them (a histogram is its `_bucket`, `_sum` and `_count`). It knows
// neither where a push goes nor what becomes of it. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "exposition/byte_allowance.hpp"

namespace weir::exposition {

/// As the classic text format names them. What OpenMetrics has beyond them is read as one of these.
enum class metric_type : std::uint8_t { untyped, counter, gauge, summary, histogram };

[[nodiscard]] std::string_view name_of(metric_type type) noexcept;
/// The label by which a histogram's buckets or a summary's quantiles differ; empty: no such type.
[[nodiscard]] std::string_view part_label(metric_type type) noexcept;

struct label {
  std::string_view name;
  std::string_view value;
};

struct family {
  /// As `# TYPE` names it in the classic format.
  std::string_view name{};
  metric_type type = metric_type::untyped;
  std::string_view help{};
};

struct sample {
  /// With the suffix: `x_bucket`.
  std::string_view name{};
  /// Index of the document's families.
  std::uint32_t family = 0;
  /// Range of the document's labels.
  std::uint32_t first_label = 0;
  std::uint32_t label_count = 0;
  double value = 0;
  /// Milliseconds since the epoch.
  std::optional<std::int64_t> time_ms{};
  /// 1-based; 0: the format has no lines.
  std::uint64_t line = 0;
};

/// Its views point into the text that was read and into itself: the text outlives it, and it does
/// not move. One text is read into it, once.
class document {
 public:
  /// `room`: what it may hold beside the text; readers stop there with `too_many_samples`.
  explicit document(byte_allowance room = {}) noexcept : room_(std::move(room)) {}
  explicit document(std::size_t bytes_max) : room_(bytes_max) {}
  document(const document&) = delete;
  document& operator=(const document&) = delete;

  [[nodiscard]] const std::vector<family>& families() const noexcept { return families_; }
  [[nodiscard]] const std::vector<sample>& samples() const noexcept { return samples_; }
  [[nodiscard]] std::span<const label> labels_of(const sample& of) const noexcept {
    return std::span(labels_).subspan(of.first_label, of.label_count);
  }

  // For readers.
  [[nodiscard]] std::optional<std::uint32_t> find_family(std::string_view name) const;
  /// Requires: `find_family(name)` finds none.
  std::uint32_t add_family(std::string_view name);
  [[nodiscard]] family& family_at(std::uint32_t index) noexcept { return families_[index]; }
  [[nodiscard]] std::vector<sample>& samples() noexcept { return samples_; }
  [[nodiscard]] std::vector<label>& labels() noexcept { return labels_; }
  /// A copy that lives as long as the document.
  [[nodiscard]] std::string_view keep(std::string_view text);
  /// What its reader holds to read it counts, too.
  void count_of_reader(std::size_t bytes) noexcept { reader_bytes_ += bytes; }
  /// What it holds beside the text, in bytes.
  [[nodiscard]] std::size_t held_bytes() const noexcept;
  /// Looked at by readers after whatever makes it larger; once true, it stays so.
  [[nodiscard]] bool is_full() { return !room_.holds(held_bytes()); }
  /// Reading ended because it was.
  [[nodiscard]] bool was_full() const noexcept { return room_.is_spent(); }

 private:
  byte_allowance room_;
  std::vector<family> families_;
  std::vector<sample> samples_;
  std::vector<label> labels_;
  std::unordered_map<std::string_view, std::uint32_t> by_name_;
  std::deque<std::string> chunks_;
  std::size_t chunk_bytes_ = 0;
  std::size_t reader_bytes_ = 0;
};

/// The message where a document would hold more than it may.
inline constexpr std::string_view too_many_samples =
    "these are more samples than one body may have: push fewer at a time";

/// Of one sample or exemplar: each is compared with the others before it.
inline constexpr std::size_t labels_max = 1024;
inline constexpr std::string_view too_many_labels = "a sample has no more than 1024 labels";

/// Where and why a text is no exposition.
struct mistake {
  /// 1-based; 0: the format has no lines.
  std::uint64_t line = 0;
  /// 1-based, in bytes.
  std::uint64_t column = 0;
  /// From the beginning of the body, of a format without lines.
  std::uint64_t offset = 0;
  /// What is wrong and what to write instead; one line of text.
  std::string message{};

  /// "line 3, column 7: ..." or "byte 12: ...".
  [[nodiscard]] std::string text() const;
};

/// `[a-zA-Z_:][a-zA-Z0-9_:]*`, the names of metrics that need no quotes.
[[nodiscard]] bool is_plain_metric_name(std::string_view name) noexcept;
/// `[a-zA-Z_][a-zA-Z0-9_]*`
[[nodiscard]] bool is_plain_label_name(std::string_view name) noexcept;

/// A bit of what was sent, in quotes, fit for a message: control bytes escaped, cut to 40 bytes.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace weir::exposition
