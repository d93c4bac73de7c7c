// SPDX-License-Identifier: Apache-2.0
//
// Remembers the figures of a run and prints them as one table at its end: GB/s by data set and
// kernel, and what bad bodies cost against a good one.
#pragma once

#include <benchmark/benchmark.h>

#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weir::bench {

/// Shows what `inner` shows, and keeps the figures.
class summary : public benchmark::BenchmarkReporter {
 public:
  explicit summary(std::unique_ptr<benchmark::BenchmarkReporter> inner);

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

  void print(std::ostream& out, const std::vector<std::string>& kernels) const;
  /// Whether a benchmark said that something is wrong.
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  // Best of the repetitions, 0 if it did not run.
  [[nodiscard]] double bytes_per_second(const std::string& name) const;
  // Whether a benchmark ran whose name begins with `prefix` and a slash.
  [[nodiscard]] bool has_any(const std::string& prefix) const;
  void print_row(std::ostream& out, const std::string& prefix, const std::string& set,
                 const std::vector<std::string>& kernels) const;
  void print_bad(std::ostream& out, const std::vector<std::string>& kernels) const;

  std::unique_ptr<benchmark::BenchmarkReporter> inner_;
  std::map<std::string, double> bytes_per_second_;
  bool failed_ = false;
};

}  // namespace weir::bench
