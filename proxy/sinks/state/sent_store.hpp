// SPDX-License-Identifier: Apache-2.0
//
// Where a book that a target keeps (of sent samples, of series) lies: bytes that are appended, or
// replaced as a whole. One thread.
#pragma once

#include <string_view>

namespace weir {

class sent_store {
 public:
  virtual ~sent_store() = default;
  /// False: they are not kept.
  virtual bool append(std::string_view bytes) = 0;
  virtual bool replace(std::string_view bytes) = 0;
};

}  // namespace weir
