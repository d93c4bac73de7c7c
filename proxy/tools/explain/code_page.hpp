// SPDX-License-Identifier: Apache-2.0
//
// `weir explain CODE`: a page on a code of an answer, a letter, a metric or a diagnostic: what it
// means, a line that has it, what weir does, what to do, and which keys of the configuration change
// it. Read out of the tables of the parser and of the gate. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Whether `weir explain` takes `argument` for a code and not for a line: a line has fields, and so
/// a space or an equals sign.
[[nodiscard]] bool is_written_as_code(std::string_view argument) noexcept;

/// All codes that there is a page on: first those with which lines are refused, dropped, repaired
/// or noted, then those that `weir lint` tells mistakes apart by.
[[nodiscard]] std::vector<std::string> explained_codes();

/// The page; empty: there is no such code. Needs no more columns than text_columns_max
/// (tools/lint/lint_text.hpp), but for lines that are to be copied.
[[nodiscard]] std::string code_page(std::string_view code, bool coloured);

/// One line a code, under headings.
[[nodiscard]] std::string code_list(bool coloured);

/// What is said of a word that is no code, with those that are nearest to it.
[[nodiscard]] std::string no_such_code(std::string_view word);

}  // namespace weir
