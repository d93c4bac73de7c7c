// SPDX-License-Identifier: Apache-2.0
#include "server/process_metrics_posix.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>

#include "weir/line_protocol.hpp"

namespace weir {
namespace {

#if defined(__clang__)
constexpr std::string_view compiler = "clang " __clang_version__;
#elif defined(__GNUC__)
constexpr std::string_view compiler = "gcc " __VERSION__;
#else
constexpr std::string_view compiler = "unknown";
#endif

/// The beginning of a file of /proc, all of which are written at once.
std::string read_proc(const char* path) {
  std::array<char, 4096> text{};
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return {};
  }
  const ssize_t bytes = ::read(file, text.data(), text.size());
  ::close(file);
  return {text.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0};
}

/// Open descriptors, without the one that looks.
std::optional<std::uint64_t> open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), &::closedir);
  if (directory == nullptr) {
    return std::nullopt;
  }
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    count += entry->d_name[0] == '.' ? 0 : 1;
  }
  return count > 0 ? count - 1 : 0;
}

double seconds_of(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// The wall clock's seconds at the system's start, as far as it knows now.
double boot_seconds() {
  timespec now{};
  timespec since_boot{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return seconds_of(now) - seconds_of(since_boot);
}

void collect_stat(const process_stat& stat, metric_collector& out) {
  const auto ticks_a_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  // Worked out once: a clock that is set later must not move it.
  static const double start =
      boot_seconds() + static_cast<double>(stat.start_ticks) / ticks_a_second;
  out.counter_value("process_cpu_seconds_total", "User and system CPU time spent.",
                    static_cast<double>(stat.cpu_ticks) / ticks_a_second);
  out.gauge_value("process_resident_memory_bytes", "Memory in RAM.",
                  static_cast<double>(stat.resident_pages) * page);
  out.gauge_value("process_virtual_memory_bytes", "Memory of all mappings.",
                  static_cast<double>(stat.virtual_bytes));
  out.gauge_value("process_threads", "Threads.", static_cast<double>(stat.threads));
  out.gauge_value("process_start_time_seconds", "Start of the process, since 1970.", start);
}

}  // namespace

std::optional<process_stat> parse_process_stat(std::string_view text) {
  // The second word is the name in parentheses, which may hold spaces and parentheses itself.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(name_end + 1);
  // By proc(5), from the third word on: utime 14, stime 15, threads 20, starttime 22, vsize 23,
  // rss 24.
  constexpr std::size_t first_word = 3;
  constexpr std::size_t last_word = 24;
  std::array<std::uint64_t, last_word + 1> words{};
  for (std::size_t word = first_word; word <= last_word; ++word) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const std::string_view one = rest.substr(0, rest.find_first_of(" \n"));
    if (one.empty()) {
      return std::nullopt;
    }
    const bool wanted = word == 14 || word == 15 || word == 20 || word == 22 || word >= 23;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), words[word]);
    if (wanted && (error != std::errc{} || end != one.data() + one.size())) {
      return std::nullopt;
    }
    rest.remove_prefix(one.size());
  }
  return process_stat{words[14] + words[15], words[20], words[22], words[23], words[24]};
}

void collect_process(metric_collector& out) {
  out.gauge_value("weir_build_info", "1; its labels say what runs.", 1,
                  {{"version", WEIR_VERSION}, {"kernel", kernel_name()}, {"compiler", compiler}});
  if (const auto stat = parse_process_stat(read_proc("/proc/self/stat"))) {
    collect_stat(*stat, out);
  }
  if (const auto open = open_descriptors()) {
    out.gauge_value("process_open_fds", "Open file descriptors.", static_cast<double>(*open));
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.gauge_value("process_max_fds", "Limit of open file descriptors.",
                    static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace weir
