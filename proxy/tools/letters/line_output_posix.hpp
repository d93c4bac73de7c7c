// SPDX-License-Identifier: Apache-2.0
//
// Where `weir letters file` writes lines to: a new file, or standard output. It writes lines as
// they are; which ones is its caller's business.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir {

class line_output {
 public:
  /// Makes the file, which must not be there yet; "-" is standard output. Fails with the path and
  /// the reason. Called once, before the others.
  [[nodiscard]] outcome open(const std::string& path);
  /// On a terminal, bytes that a terminal would obey are spelled out: clients sent them. A failure
  /// is remembered for `close`.
  void write(std::string_view text);
  /// Fails where not all of it was written, with the reason. Called once, last.
  [[nodiscard]] outcome close();

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> owned_{nullptr, &std::fclose};
  std::FILE* file_ = nullptr;
  /// errno of the first failure; 0: none.
  int error_ = 0;
  bool is_terminal_ = false;
};

}  // namespace weir
