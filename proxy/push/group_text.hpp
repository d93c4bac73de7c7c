// SPDX-License-Identifier: Apache-2.0
//
// The groups for those who look at them: as an exposition in text for a Prometheus that scrapes,
// and as the Pushgateway's JSON. Both are bodies that are made while they are sent. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "push/groups.hpp"

namespace weir::push {

using group_list = std::vector<std::shared_ptr<const group>>;

/// The names of metrics and labels that a reader knows.
enum class known_names : std::uint8_t {
  plain,  // others are written with underscores: in quotes they would cost a Prometheus 2 the
          // scrape
  utf8,   // others stand in quotes
};

/// Families in the order of their names, each once: where several groups have it, with the type and
/// help of the one pushed last. So it is with a series that several groups have, and where names
/// become the same with underscores.
class group_exposition final : public http::body_source {
 public:
  explicit group_exposition(group_list groups, known_names names = known_names::plain);

  [[nodiscard]] bool next(std::string& out) override;
  [[nodiscard]] std::size_t held_bytes() const noexcept override;

 private:
  void gather();
  // These write on, until nothing is left of the piece (in bytes) or of what they write.
  void write_family(std::size_t& left, std::string& out);
  void write_times(std::size_t& left, std::string& out);
  /// A line of the family under way, unless its series was there.
  void write_line(std::string_view line, std::string& out);
  void write_made_line(std::string line, std::string& out);
  void end_family();

  /// The one pushed last first.
  group_list groups_;
  const known_names names_;
  std::size_t gathered_ = 0;
  /// By the name as it is written.
  std::map<std::string, std::vector<const kept_family*>, std::less<>> families_;
  /// What `families_` takes.
  std::size_t family_bytes_ = 0;
  /// How many of the families of times are written.
  std::size_t times_written_ = 0;

  // Of the family under way: how many of its parts, or groups, were begun, and what is left of the
  // last one.
  std::size_t begun_ = 0;
  std::string_view rest_;
  std::unordered_set<std::string_view> seen_;
  /// Lines that no group has as they are written.
  std::deque<std::string> made_;
  std::size_t made_bytes_ = 0;
};

/// `/api/v1/metrics`: every group with its families, labels and values.
class group_json final : public http::body_source {
 public:
  explicit group_json(group_list groups);

  [[nodiscard]] bool next(std::string& out) override;
  [[nodiscard]] std::size_t held_bytes() const noexcept override;

 private:
  group_list groups_;
  std::size_t written_ = 0;
};

}  // namespace weir::push
