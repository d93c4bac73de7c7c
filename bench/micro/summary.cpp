// SPDX-License-Identifier: Apache-2.0
//
// The table at the end of a run of bench_parser.
#include "summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iomanip>
#include <ostream>

#include "bodies.hpp"

namespace weir::bench {
namespace {

constexpr int name_width = 26;
constexpr int figure_width = 12;

void print_head(std::ostream& out, const std::string& title,
                const std::vector<std::string>& columns) {
  out << '\n' << std::left << std::setw(name_width) << title << std::right;
  for (const std::string& column : columns) {
    out << std::setw(figure_width) << column;
  }
  out << '\n';
}

void print_figure(std::ostream& out, double figure, int decimals) {
  out << std::setw(figure_width);
  if (figure > 0) {
    out << std::fixed << std::setprecision(decimals) << figure;
  } else {
    out << '-';
  }
}

}  // namespace

summary::summary(std::unique_ptr<benchmark::BenchmarkReporter> inner) : inner_(std::move(inner)) {}

bool summary::ReportContext(const Context& context) {
  inner_->SetOutputStream(&GetOutputStream());
  inner_->SetErrorStream(&GetErrorStream());
  return inner_->ReportContext(context);
}

void summary::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    failed_ = failed_ || run.error_occurred;
    const auto rate = run.counters.find("bytes_per_second");
    if (run.run_type == Run::RT_Iteration && rate != run.counters.end()) {
      double& best = bytes_per_second_[run.run_name.function_name];
      best = std::max(best, rate->second.value);
    }
  }
  inner_->ReportRuns(runs);
}

void summary::Finalize() {
  inner_->Finalize();
}

double summary::bytes_per_second(const std::string& name) const {
  const auto found = bytes_per_second_.find(name);
  return found != bytes_per_second_.end() ? found->second : 0;
}

bool summary::has_any(const std::string& prefix) const {
  const auto first = bytes_per_second_.lower_bound(prefix + "/");
  return first != bytes_per_second_.end() && first->first.compare(0, prefix.size(), prefix) == 0;
}

void summary::print_row(std::ostream& out, const std::string& prefix, const std::string& set,
                        const std::vector<std::string>& kernels) const {
  out << std::left << std::setw(name_width) << prefix + "/" + set << std::right;
  for (const std::string& kernel : kernels) {
    print_figure(out, bytes_per_second(fmt::format("{}/{}/{}", prefix, set, kernel)) / 1e9, 2);
  }
}

void summary::print_bad(std::ostream& out, const std::vector<std::string>& kernels) const {
  print_head(out, "time against a good body", kernels);
  for (const mistake kind : mistakes) {
    const std::string set{name_of(kind)};
    out << std::left << std::setw(name_width) << "bad/" + set << std::right;
    for (const std::string& kernel : kernels) {
      const double bad = bytes_per_second(fmt::format("bad/{}/{}", set, kernel));
      print_figure(out, bad > 0 ? bytes_per_second("parse/tsbs_int/" + kernel) / bad : 0, 1);
    }
    out << '\n';
  }
}

void summary::print(std::ostream& out, const std::vector<std::string>& kernels) const {
  for (const std::string prefix : {"parse", "canonical"}) {
    if (!has_any(prefix)) {
      continue;
    }
    std::vector<std::string> columns = kernels;
    columns.insert(columns.end(), {"read", "line feeds"});
    print_head(out, "GB/s", columns);
    for (const data_set set : data_sets) {
      const std::string name{name_of(set)};
      print_row(out, prefix, name, kernels);
      print_figure(out, bytes_per_second("limit/read/" + name) / 1e9, 1);
      print_figure(out, bytes_per_second("limit/line_feeds/" + name) / 1e9, 1);
      out << '\n';
    }
  }
  if (has_any("bad")) {
    print_bad(out, kernels);
  }
}

}  // namespace weir::bench
