// SPDX-License-Identifier: Apache-2.0
#include "sinks/filters/line_filter.hpp"

#include <algorithm>
#include <utility>

#include "base/glob.hpp"
#include "sinks/assignments/series_address.hpp"
#include "sinks/filters/canonical_lines.hpp"
#include "weir/line_protocol.hpp"

namespace weir {
namespace {

/// Whether a measurement is taken. Lines of one measurement often follow each other, so the last
/// answer is kept.
class measurement_check {
 public:
  explicit measurement_check(const std::vector<std::string>& patterns) : patterns_(patterns) {}

  bool takes(std::string_view written) {
    if (!asked_ || written != last_) {
      name_.clear();
      unescape_measurement(written, name_);
      taken_ = matches_patterns(patterns_, name_);
      last_ = written;
      asked_ = true;
    }
    return taken_;
  }

 private:
  const std::vector<std::string>& patterns_;
  /// A copy: views of a reader end with its next line.
  std::string last_;
  std::string name_;
  bool asked_ = false;
  bool taken_ = false;
};

/// Whether a series is that of an address, in a frame that has series of it.
class series_check {
 public:
  series_check(const address_share& share, log_position position)
      : shared_(share.history == nullptr ? nullptr : share.history->at(position)) {
    if (shared_ != nullptr && shared_->to_all()) {
      shared_ = nullptr;
    }
    own_ = shared_ == nullptr ? assignment::none : shared_->index_of(share.address);
  }

  bool takes(const point_view& point) {
    return shared_ == nullptr || heaviest_address(shared_->hashes, hasher_.hash(point)) == own_;
  }

 private:
  /// Null: it takes all.
  const assignment* shared_;
  std::size_t own_;
  tag_set_hasher hasher_;
};

}  // namespace

line_filter::line_filter(std::vector<std::string> measurements, address_share share)
    : measurements_(std::move(measurements)),
      takes_all_measurements_(matches_everything(measurements_)),
      share_(std::move(share)) {}

std::uint32_t line_filter::append_taken(std::string_view lines, log_position position,
                                        std::string& out) const {
  series_check share(share_, position);
  line_reader reader(options_of_canonical_lines());
  reader.feed(lines);
  reader.finish();
  measurement_check check(measurements_);
  std::uint32_t taken = 0;
  std::size_t at = 0;
  while (at < lines.size() && reader.next() == line_event::point) {
    const point_view& point = reader.point();
    // Canonical lines lie without gaps, so lengths add up to offsets.
    const std::size_t end = at + point.text.size() + 1;
    if (end > lines.size() || lines[end - 1] != '\n') {
      break;
    }
    if ((takes_all_measurements_ || check.takes(point.measurement)) && share.takes(point)) {
      out.append(lines.substr(at, end - at));
      ++taken;
    }
    at = end;
  }
  const std::string_view rest = lines.substr(at);
  out.append(rest);
  return taken + static_cast<std::uint32_t>(std::count(rest.begin(), rest.end(), '\n'));
}

}  // namespace weir
