// SPDX-License-Identifier: Apache-2.0
#include "api/query/named_database.hpp"

#include <algorithm>
#include <utility>

namespace weir::api {
namespace {

void add(std::string name, statement& out) {
  if (std::find(out.named.begin(), out.named.end(), name) == out.named.end()) {
    out.named.push_back(std::move(name));
  }
}

}  // namespace

void named_database::end_name(statement& out) {
  if (dots_ >= 2) {
    has_first_ && !is_parameter_ ? add(std::move(first_), out)
                                 : static_cast<void>(out.names_unknown = true);
  }
  first_.clear();
  has_first_ = false;
  is_parameter_ = false;
  part_stands_ = false;
  dots_ = 0;
}

void named_database::look(const token& now, statement& out) {
  const bool is_part = now.kind == token_kind::word || now.kind == token_kind::quoted;
  if (std::exchange(behind_on_, false)) {
    is_part ? add(now.text, out) : static_cast<void>(out.names_unknown = true);
  }
  if (now.is_symbol('.')) {
    ++dots_;
    part_stands_ = false;
  } else if (is_part) {
    if (part_stands_ || dots_ == 0) {
      end_name(out);
      first_ = now.text;
      has_first_ = true;
      is_parameter_ = behind_dollar_;
    }
    part_stands_ = true;
    behind_on_ = now.is("ON");
  } else if (!now.is_symbol('$') || dots_ == 0) {
    end_name(out);
  }
  behind_dollar_ = now.is_symbol('$');
}

}  // namespace weir::api
