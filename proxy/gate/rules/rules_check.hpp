// SPDX-License-Identifier: Apache-2.0
//
// First check: the operator's rules, as the rules of the request's database (rules.hpp) apply them.
#pragma once

#include <cstdint>
#include <string>

#include "gate/passage.hpp"
#include "gate/rules/rules.hpp"

namespace weir {

class rules_check {
 public:
  void begin(const gate_request& request) noexcept {
    rules_ = request.rules;
    if (rules_ != nullptr) {
      rules_->count_tags(request.policy->tag_count != shield_mode::pass);
    }
  }

  [[nodiscard]] gate_answer check(passage& one) {
    if (rules_ == nullptr) {
      return {};
    }
    const gate_answer answer = rules_->apply(one.point(), one.draft());
    if (answer.action == gate_action::repair) {
      one.use_draft();
    }
    return answer;
  }

  /// A rule may change any point.
  [[nodiscard]] bool passes(const point_view& /*point*/, std::int64_t& /*time*/) const noexcept {
    return rules_ == nullptr;
  }

  /// The rule, and what was wrong.
  [[nodiscard]] std::string detail(gate_code code, const point_view& /*point*/) const {
    return rules_ == nullptr ? std::string{} : rules_->words(code);
  }

 private:
  /// Of the database of the request; nullptr: none concerns it.
  database_rules* rules_ = nullptr;
};

}  // namespace weir
