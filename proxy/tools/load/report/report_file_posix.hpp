// SPDX-License-Identifier: Apache-2.0
//
// The files of reports: one that is read to be compared with, and one that is written at the end of
// a run, whose place is looked at before the run begins.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "tools/load/report/load_report.hpp"

namespace weir {

/// The failure names the file.
[[nodiscard]] result<load_report> read_report_file(const std::string& path);

class report_file {
 public:
  /// Makes a file beside `path`, so that what cannot be written is known before a run. `path`
  /// itself stays as it is until `write`.
  [[nodiscard]] static result<report_file> open(const std::string& path);
  report_file(report_file&& other) noexcept;
  report_file& operator=(report_file&&) = delete;
  /// Removes what was not written.
  ~report_file();

  /// Takes the place of what was there, whole or not at all. Once.
  [[nodiscard]] outcome write(std::string_view page);

 private:
  report_file(std::string path, std::string draft, int fd);

  std::string path_;
  std::string draft_;
  int fd_ = -1;
};

}  // namespace weir
