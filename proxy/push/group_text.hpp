// SPDX-License-Identifier: Apache-2.0
//
// The groups for those who look at them: as an exposition in text for a Prometheus that scrapes,
// and as the Pushgateway's JSON. Both are bodies that are made while they are sent. One thread.
#pragma once

#include <cstddef>
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

/// Families in the order of their names, each once: where several groups have it, with the type and
/// help of the one pushed last. So it is with a series that several groups have.
class group_exposition final : public http::body_source {
 public:
  explicit group_exposition(group_list groups);

  [[nodiscard]] bool next(std::string& out) override;
  [[nodiscard]] std::size_t held_bytes() const noexcept override;

 private:
  void gather();
  void write_times(std::string_view name, std::string_view help, wall_time group::*which,
                   std::string& out) const;
  void write_family(const std::vector<const kept_family*>& parts, std::string& out);

  /// The one pushed last first.
  group_list groups_;
  std::size_t gathered_ = 0;
  bool times_written_ = false;
  std::map<std::string_view, std::vector<const kept_family*>> families_;
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
