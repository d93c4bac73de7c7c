// SPDX-License-Identifier: Apache-2.0
//
// What weir's TLS transport costs beside OpenSSL itself: the same records, decrypted by the
// transport as a listener does it (256 KiB a read) and by SSL_read alone from a buffer in memory;
// and the same answers encrypted. Rounds alternate, and the median of their ratios counts.
// WEIR_BENCH_BYTES: of a round (64 MiB); WEIR_BENCH_ROUNDS: how many (11). Prints a line for each
// direction; ends with 1 where a ratio is above WEIR_BENCH_RATIO_MAX (not looked at without it).
#include <openssl/ssl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "intake/tls/tls_context_posix.hpp"
#include "unit/intake/test_certificate.hpp"

namespace weir {
namespace {

constexpr std::size_t read_bytes = std::size_t{256} << 10;

using owned_context = std::unique_ptr<SSL_CTX, openssl_deleter<SSL_CTX_free>>;
using owned_ssl = std::unique_ptr<SSL, openssl_deleter<SSL_free>>;
using seconds = std::chrono::duration<double>;

double number_of(const char* variable, double otherwise) {
  const char* const given = std::getenv(variable);
  return given == nullptr ? otherwise : std::strtod(given, nullptr);
}

void must(bool good, const char* what) {
  if (!good) {
    std::cerr << "bench_tls: " << what << "\n";
    std::exit(1);
  }
}

owned_ssl side_of(SSL_CTX* context, bool is_server) {
  owned_ssl made(SSL_new(context));
  SSL_set_bio(made.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  is_server ? SSL_set_accept_state(made.get()) : SSL_set_connect_state(made.get());
  return made;
}

/// What `from` has to send.
std::string sent_by(SSL* from) {
  std::string out(BIO_ctrl_pending(SSL_get_wbio(from)), '\0');
  if (!out.empty()) {
    BIO_read(SSL_get_wbio(from), out.data(), static_cast<int>(out.size()));
  }
  return out;
}

void give(SSL* to, const std::string& bytes) {
  BIO_write(SSL_get_rbio(to), bytes.data(), static_cast<int>(bytes.size()));
}

std::string encrypted(SSL* by, const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += read_bytes) {
    const std::size_t size = std::min(read_bytes, text.size() - at);
    must(SSL_write(by, text.data() + at, static_cast<int>(size)) == static_cast<int>(size),
         "SSL_write");
    out += sent_by(by);
  }
  return out;
}

template <class Work>
double timed(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return seconds(std::chrono::steady_clock::now() - begin).count();
}

struct pair {
  owned_ssl client;
  owned_ssl server;                    // OpenSSL's own, or none
  std::unique_ptr<transport> by_weir;  // or weir's
};

void shake(pair& both) {
  std::string none;
  for (int i = 0; i < 8; ++i) {
    SSL_do_handshake(both.client.get());
    const std::string hello = sent_by(both.client.get());
    std::string answer;
    if (both.by_weir != nullptr) {
      must(both.by_weir->receive(hello).has_value(), "the handshake failed");
      answer.swap(both.by_weir->send(none));
    } else {
      give(both.server.get(), hello);
      char byte = 0;
      SSL_read(both.server.get(), &byte, 0);
      SSL_do_handshake(both.server.get());
      answer = sent_by(both.server.get());
    }
    give(both.client.get(), answer);
  }
  must(SSL_is_init_finished(both.client.get()) == 1, "the handshake did not end");
}

double receive_by_openssl(pair& both, const std::string& bytes, std::vector<char>& to) {
  SSL_set0_rbio(both.server.get(), BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  BIO_set_mem_eof_return(SSL_get_rbio(both.server.get()), -1);
  return timed([&] {
    std::size_t filled = 0;
    std::size_t read = 0;
    while (SSL_read_ex(both.server.get(), to.data() + filled, to.size() - filled, &read) == 1) {
      filled = filled + read > read_bytes ? 0 : filled + read;
    }
  });
}

double receive_by_weir(pair& both, const std::string& bytes) {
  std::size_t heard = 0;
  const double took = timed([&] {
    for (std::size_t at = 0; at < bytes.size(); at += read_bytes) {
      heard += both.by_weir->receive(std::string_view(bytes).substr(at, read_bytes))->size();
    }
  });
  must(heard > 0, "nothing was heard");
  return took;
}

double send_by_openssl(pair& both, const std::string& text) {
  double took = 0;
  for (std::size_t at = 0; at < text.size(); at += read_bytes) {
    const auto size = static_cast<int>(std::min(read_bytes, text.size() - at));
    took += timed([&] {
      for (int done = 0; done < size;) {
        done += SSL_write(both.server.get(), text.data() + at + done, size - done);
      }
    });
    static_cast<void>(sent_by(both.server.get()));
  }
  return took;
}

double send_by_weir(pair& both, const std::string& text) {
  double took = 0;
  for (std::size_t at = 0; at < text.size(); at += read_bytes) {
    std::string output = text.substr(at, read_bytes);
    took += timed([&] { must(!both.by_weir->send(output).empty(), "nothing was sent"); });
    std::string none;
    both.by_weir->send(none).clear();
  }
  return took;
}

bool tell(const char* what, std::vector<double> ratios, double bytes, double best) {
  std::sort(ratios.begin(), ratios.end());
  const double median = ratios[ratios.size() / 2];
  std::printf(
      "%s: weir takes %.3f times as long as OpenSSL (median of %zu rounds, %.3f to %.3f); %.2f "
      "GB/s\n",
      what, median, ratios.size(), ratios.front(), ratios.back(), bytes / best / 1e9);
  return median <= number_of("WEIR_BENCH_RATIO_MAX", 1e9);
}

int run() {
  const auto bytes = static_cast<std::size_t>(number_of("WEIR_BENCH_BYTES", 64 << 20));
  const int rounds = static_cast<int>(number_of("WEIR_BENCH_ROUNDS", 11));
  const std::string base =
      (std::filesystem::temp_directory_path() / ("weir-bench-tls-" + std::to_string(::getpid())))
          .string();
  const test_certificate shown("weir");
  shown.write(base + ".pem", base + ".key");
  auto loaded = tls_context::load({.certificate = base + ".pem", .key = base + ".key"});
  std::filesystem::remove(base + ".pem");
  std::filesystem::remove(base + ".key");
  must(loaded.ok(), "the certificate cannot be used");

  const owned_context client(SSL_CTX_new(TLS_client_method()));
  const owned_context server(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate(server.get(), shown.certificate.get());
  SSL_CTX_use_PrivateKey(server.get(), shown.key.get());
  pair plain{side_of(client.get(), false), side_of(server.get(), true), nullptr};
  pair ours{side_of(client.get(), false), nullptr, loaded.value()->make_transport()};
  shake(plain);
  shake(ours);

  std::string text;
  while (text.size() < bytes) {
    text += "cpu,host=h" + std::to_string(text.size() % 997) +
            " usage=" + std::to_string(text.size()) + "i\n";
  }
  std::vector<char> to(2 * read_bytes);
  std::vector<double> received;
  std::vector<double> sent;
  double best_received = 1e9;
  double best_sent = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const std::string for_plain = encrypted(plain.client.get(), text);
    const std::string for_ours = encrypted(ours.client.get(), text);
    const double openssl = receive_by_openssl(plain, for_plain, to);
    const double weir = receive_by_weir(ours, for_ours);
    received.push_back(weir / openssl);
    best_received = std::min(best_received, weir);
    const double openssl_sent = send_by_openssl(plain, text);
    const double weir_sent = send_by_weir(ours, text);
    sent.push_back(weir_sent / openssl_sent);
    best_sent = std::min(best_sent, weir_sent);
  }
  const auto size = static_cast<double>(text.size());
  const bool good = tell("received", std::move(received), size, best_received);
  return tell("sent", std::move(sent), size, best_sent) && good ? 0 : 1;
}

}  // namespace
}  // namespace weir

int main() {
  return weir::run();
}
