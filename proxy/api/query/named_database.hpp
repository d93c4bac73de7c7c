// SPDX-License-Identifier: Apache-2.0
//
// Which databases a statement names, found in its tokens: of "db"."rp"."m" and db..m the first
// name, and what follows ON. It finds too many rather than too few, because rights depend on it.
// Pure.
#pragma once

#include "api/query/query_lexer.hpp"
#include "api/query/statement.hpp"

namespace weir::api {

class named_database {
 public:
  /// The statement's next token; `end` after the last one.
  void look(const token& now, statement& out);

 private:
  void end_name(statement& out);

  /// Of a name with dots: its first part, how many dots it has, and whether a part stands behind
  /// the last of them.
  std::string first_;
  bool has_first_ = false;
  bool is_parameter_ = false;
  std::size_t dots_ = 0;
  bool part_stands_ = false;
  bool behind_dollar_ = false;
  bool behind_on_ = false;
};

}  // namespace weir::api
