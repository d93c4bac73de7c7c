// SPDX-License-Identifier: Apache-2.0
//
// Man pages (roff, section 1) of the command line's own description. Pure.
#pragma once

#include <string>
#include <string_view>

#include "tools/manual/command_facts.hpp"

namespace weir {

/// "weir-letters.1"; of the program itself "weir.1".
[[nodiscard]] std::string man_page_name(const command_facts& command);

/// The page of the program (`command` is `program`), or of one of its commands with all that are
/// below that one. `version`: "weir 0.1.0".
[[nodiscard]] std::string man_page(const command_facts& command, const command_facts& program,
                                   std::string_view version);

/// `text` so that roff shows it as it is.
[[nodiscard]] std::string roff_text(std::string_view text);

}  // namespace weir
