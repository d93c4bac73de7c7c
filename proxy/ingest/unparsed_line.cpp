// SPDX-License-Identifier: Apache-2.0
#include "ingest/unparsed_line.hpp"

#include "ingest/refusal_messages.hpp"

namespace weir {

rejected_line unparsed_line::in_plain_answer() const {
  return quoting(error_);
}

rejected_line unparsed_line::in_verbose_answer(std::size_t before) const {
  return explained(error_, unit_ns_, before);
}

finding_example unparsed_line::as_example() const {
  return make_example(error_, unit_ns_);
}

line_hint unparsed_line::hint() const {
  return hint_for(error_, unit_ns_);
}

}  // namespace weir
