// SPDX-License-Identifier: Apache-2.0
//
// Keeps a ledger of sent samples, or a book of series, in a file beside the sink's cursor. One
// thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "sinks/state/sent_store.hpp"

namespace weir {

class sent_file final : public sent_store {
 public:
  /// `directory` must exist; `ending` is that of the file's name, with its dot.
  sent_file(const std::string& directory, const std::string& sink_name, std::string_view ending);

  /// What was kept; empty when there is none.
  [[nodiscard]] result<std::string> load() const;
  bool append(std::string_view bytes) override;
  bool replace(std::string_view bytes) override;

 private:
  [[nodiscard]] bool noted(const outcome& done) const;

  std::string path_;
};

}  // namespace weir
