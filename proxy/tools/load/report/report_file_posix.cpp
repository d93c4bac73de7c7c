// SPDX-License-Identifier: Apache-2.0
#include "tools/load/report/report_file_posix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "files/write_all_posix.hpp"
#include "tools/load/report/report_page.hpp"

namespace weir {
namespace {

// A report with a comparison has some 500 kB.
constexpr off_t page_bytes_max = off_t{16} << 20;

failure cannot(std::string_view what, const std::string& path, int error) {
  return {"cannot " + std::string(what) + " " + path + ": " + std::strerror(error)};
}

}  // namespace

result<load_report> read_report_file(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    return cannot("read", path, errno);
  }
  if (!S_ISREG(found.st_mode) || found.st_size > page_bytes_max) {
    return failure{path + ": it is no report of weir load"};
  }
  std::ifstream file(path, std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return cannot("read", path, errno);
  }
  auto report = read_report_page(page);
  if (!report) {
    return failure{path + ": " + report.error().message};
  }
  return report;
}

report_file::report_file(std::string path, std::string draft, int fd)
    : path_(std::move(path)), draft_(std::move(draft)), fd_(fd) {}

report_file::report_file(report_file&& other) noexcept
    : path_(std::move(other.path_)),
      draft_(std::exchange(other.draft_, {})),
      fd_(std::exchange(other.fd_, -1)) {}

report_file::~report_file() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
  if (!draft_.empty()) {
    ::unlink(draft_.c_str());
  }
}

result<report_file> report_file::open(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    return failure{path + " is there, and no file"};
  }
  const std::string draft = path + "." + std::to_string(::getpid()) + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) {
    return cannot("write", path, errno);
  }
  return report_file(path, draft, fd);
}

outcome report_file::write(std::string_view page) {
  const int error = write_all(fd_, page);
  if (error != 0) {
    return cannot("write", path_, error);
  }
  if (::close(std::exchange(fd_, -1)) != 0 || std::rename(draft_.c_str(), path_.c_str()) != 0) {
    return cannot("write", path_, errno);
  }
  draft_.clear();
  return nothing{};
}

}  // namespace weir
