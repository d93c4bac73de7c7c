// SPDX-License-Identifier: Apache-2.0
//
// The answer to a write of which everything is known, with its brief form. Pure.
#pragma once

#include "api/write_dialect.hpp"

namespace weir {

/// Where there is no memory for the whole list of rejected lines, the client must still learn that
/// the other lines were kept.
[[nodiscard]] http::response answer_with_brief_form(const api::write_dialect& dialect,
                                                    const write_verdict& verdict);

}  // namespace weir
