// SPDX-License-Identifier: Apache-2.0
//
// Sends a bounded number of datagrams of TSBS-like lines at a steady rate to a UDP listener and
// says what it sent. Counting what arrived is the receiver's part (bench/load/README.md). Not a
// server, no answers; one thread.
//
//   udp_flood --to 127.0.0.1:8089 --datagrams 2000000 --rate 200000 --bytes 1400
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "data/generate.hpp"

namespace {

using clock_type = std::chrono::steady_clock;

// Datagrams prepared ahead: enough that a receiver does not meet the same bytes in its cache.
constexpr std::size_t prepared_max = 4096;
constexpr std::size_t batch_max = 64;
// More than this would only measure the machine's patience.
constexpr std::uint64_t datagrams_max = 100'000'000;
constexpr std::chrono::seconds time_max{120};

struct options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8089;
  std::uint64_t datagrams = 200'000;
  std::uint64_t rate = 200'000;  // a second; 0: as fast as it goes
  std::size_t bytes = 1400;
};

struct datagram {
  std::string text;
  std::uint64_t lines = 0;
};

struct sent {
  std::uint64_t datagrams = 0;
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  std::uint64_t refused = 0;  // by the kernel: nobody listens, or no buffer
};

std::optional<options> read_options(int count, char** words) {
  options made;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = words[i];
    const std::string value = words[i + 1];
    const std::uint64_t number = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--to") {
      const std::size_t colon = value.rfind(':');
      if (colon == std::string::npos) {
        return std::nullopt;
      }
      made.host = value.substr(0, colon);
      made.port = static_cast<std::uint16_t>(std::strtoul(value.c_str() + colon + 1, nullptr, 10));
    } else if (name == "--datagrams") {
      made.datagrams = std::min(number, datagrams_max);
    } else if (name == "--rate") {
      made.rate = number;
    } else if (name == "--bytes") {
      made.bytes = std::clamp<std::size_t>(number, 500, 60'000);
    } else {
      return std::nullopt;
    }
  }
  return count % 2 == 1 ? std::optional(made) : std::nullopt;
}

/// Datagrams of whole lines, filled up to exactly `bytes` by a comment, which is no line.
std::vector<datagram> prepare(std::size_t bytes) {
  weir::bench::line_generator lines(weir::bench::data_set::tsbs_int, 1);
  std::vector<datagram> made(prepared_max);
  std::string line;
  for (datagram& one : made) {
    for (;;) {
      if (line.empty()) {
        lines.append_line(line);
      }
      if (one.text.size() + line.size() > bytes) {
        break;
      }
      one.text += line;
      ++one.lines;
      line.clear();
    }
    one.text.resize(bytes, '#');
  }
  return made;
}

void send_batch(int socket, const std::vector<datagram>& prepared, std::uint64_t from,
                std::size_t count, sent& total) {
  std::array<mmsghdr, batch_max> heads{};
  std::array<iovec, batch_max> pieces{};
  for (std::size_t i = 0; i < count; ++i) {
    const datagram& one = prepared[(from + i) % prepared.size()];
    pieces[i] = {const_cast<char*>(one.text.data()), one.text.size()};
    heads[i].msg_hdr.msg_iov = &pieces[i];
    heads[i].msg_hdr.msg_iovlen = 1;
  }
  std::size_t done = 0;
  while (done < count) {
    const int n = ::sendmmsg(socket, heads.data() + done, static_cast<unsigned>(count - done), 0);
    if (n <= 0) {
      ++total.refused;
      ++done;  // it is lost: a sender of UDP does not look back
      continue;
    }
    for (int i = 0; i < n; ++i, ++done) {
      const datagram& one = prepared[(from + done) % prepared.size()];
      ++total.datagrams;
      total.lines += one.lines;
      total.bytes += one.text.size();
    }
  }
}

int connect_to(const options& given) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(given.port);
  if (::inet_pton(AF_INET, given.host.c_str(), &to.sin_addr) != 1) {
    return -1;
  }
  const int made = ::socket(AF_INET, SOCK_DGRAM, 0);
  if (made < 0 || ::connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    return -1;
  }
  return made;
}

sent run(int socket, const options& given, const std::vector<datagram>& prepared) {
  sent total;
  std::uint64_t begun = 0;
  const auto start = clock_type::now();
  while (begun < given.datagrams) {
    const auto passed = clock_type::now() - start;
    if (passed > time_max) {
      break;
    }
    std::uint64_t due = given.datagrams;
    if (given.rate > 0) {
      const double seconds = std::chrono::duration<double>(passed).count();
      due = std::min(due, static_cast<std::uint64_t>(seconds * static_cast<double>(given.rate)));
    }
    if (begun >= due) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      continue;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(due - begun, batch_max));
    send_batch(socket, prepared, begun, count, total);
    begun += count;
  }
  return total;
}

}  // namespace

int main(int count, char** words) {
  const auto given = read_options(count, words);
  if (!given) {
    std::fputs("udp_flood --to HOST:PORT --datagrams N --rate PER_SECOND --bytes N\n", stderr);
    return 2;
  }
  const std::vector<datagram> prepared = prepare(given->bytes);
  const int socket = connect_to(*given);
  if (socket < 0) {
    std::fprintf(stderr, "udp_flood: %s:%u: %s\n", given->host.c_str(), unsigned{given->port},
                 std::strerror(errno));
    return 1;
  }
  const auto start = clock_type::now();
  const sent total = run(socket, *given, prepared);
  const double seconds = std::chrono::duration<double>(clock_type::now() - start).count();
  ::close(socket);
  std::printf(
      "{\"datagrams\":%llu,\"lines\":%llu,\"bytes\":%llu,\"refused\":%llu,\"seconds\":%.3f,"
      "\"datagrams_per_second\":%.0f}\n",
      static_cast<unsigned long long>(total.datagrams),
      static_cast<unsigned long long>(total.lines), static_cast<unsigned long long>(total.bytes),
      static_cast<unsigned long long>(total.refused), seconds,
      static_cast<double>(total.datagrams) / seconds);
  return 0;
}
