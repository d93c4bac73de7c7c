// SPDX-License-Identifier: Apache-2.0
//
// TLS without sockets: OpenSSL's own client against the transport, byte strings between them.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "intake/tls/tls_context_posix.hpp"
#include "unit/intake/test_certificate.hpp"

namespace weir {
namespace {

using owned_context = std::unique_ptr<SSL_CTX, openssl_deleter<SSL_CTX_free>>;
using owned_ssl = std::unique_ptr<SSL, openssl_deleter<SSL_free>>;
using owned_session = std::unique_ptr<SSL_SESSION, openssl_deleter<SSL_SESSION_free>>;

/// A client in memory.
class tls_client {
 public:
  explicit tls_client(int version = TLS1_3_VERSION, const test_certificate* shows = nullptr)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
    if (shows != nullptr) {
      SSL_CTX_use_certificate(context_.get(), shows->certificate.get());
      SSL_CTX_use_PrivateKey(context_.get(), shows->key.get());
    }
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  /// The next handshake takes this session up.
  void resume(SSL_SESSION* session) { SSL_set_session(ssl_.get(), session); }
  [[nodiscard]] owned_session session() const {
    return owned_session(SSL_get1_session(ssl_.get()));
  }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  [[nodiscard]] SSL* get() const { return ssl_.get(); }

  void say(std::string_view text) {
    ASSERT_EQ(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }
  /// What is to be sent by now.
  [[nodiscard]] std::string sent() {
    std::string out(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
    if (!out.empty()) {
      BIO_read(SSL_get_wbio(ssl_.get()), out.data(), static_cast<int>(out.size()));
    }
    return out;
  }
  /// What the server said, of the bytes that it sent.
  [[nodiscard]] std::string receive(std::string_view bytes) {
    BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    SSL_do_handshake(ssl_.get());
    std::string said;
    char buffer[4096];
    for (int n = 0; (n = SSL_read(ssl_.get(), buffer, sizeof buffer)) > 0;) {
      said.append(buffer, static_cast<std::size_t>(n));
    }
    ERR_clear_error();
    return said;
  }
  [[nodiscard]] bool established() const { return SSL_is_init_finished(ssl_.get()) == 1; }

 private:
  owned_context context_;
  owned_ssl ssl_;
};

class tls_test : public ::testing::Test {
 protected:
  tls_test() : directory_(::testing::TempDir() + "weir-tls-" + std::to_string(::getpid()) + "-") {
    mine_.write(path("cert"), path("key"));
    theirs_.write(path("their-cert"), path("their-key"));
  }
  ~tls_test() override {
    for (const char* name : {"cert", "key", "their-cert", "their-key", "text"}) {
      ::unlink(path(name).c_str());
    }
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + name; }
  [[nodiscard]] tls_files files() const {
    return {.certificate = path("cert"), .key = path("key")};
  }
  std::shared_ptr<const tls_context> load(const tls_files& from,
                                          const tls_context* before = nullptr) {
    auto loaded = tls_context::load(from, before);
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
    return loaded.ok() ? std::move(loaded).value() : std::make_shared<const tls_context>();
  }
  static std::string error_of(const tls_files& from) {
    const auto loaded = tls_context::load(from);
    return loaded.ok() ? "no error" : loaded.error().message;
  }
  /// Passes bytes to and fro until neither has any. What the client heard; nullopt: the server
  /// ended it.
  static std::optional<std::string> shake(tls_client& client, transport& server) {
    std::string heard = client.receive({});
    std::string none;
    for (std::string bytes = client.sent(); !bytes.empty(); bytes = client.sent()) {
      const auto said = server.receive(bytes);
      std::string& answer = server.send(none);
      heard += client.receive(answer);
      answer.clear();
      if (!said) {
        return std::nullopt;
      }
    }
    return heard;
  }

  const std::string directory_;
  const test_certificate mine_{"weir"};
  const test_certificate theirs_{"client"};
};

TEST_F(tls_test, both_sides_hear_what_the_other_said_however_it_is_cut) {
  std::mt19937 random(3);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto server = load(files())->make_transport();
    EXPECT_GT(server->held_bytes(), 0U);
    tls_client client(version);
    EXPECT_FALSE(server->established());
    ASSERT_TRUE(shake(client, *server));
    ASSERT_TRUE(server->established() && client.established());
    std::string text;
    while (text.size() < 300'000) {
      text += static_cast<char>(random());
    }
    client.say(text);
    const std::string bytes = client.sent();
    std::string heard;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 40'000, bytes.size() - at);
      const auto said = server->receive(std::string_view(bytes).substr(at, size));
      ASSERT_TRUE(said);
      heard += *said;
      at += size;
    }
    EXPECT_TRUE(heard == text);
    std::string output = text;
    std::string& sealed = server->send(output);
    EXPECT_TRUE(output.empty());
    EXPECT_TRUE(client.receive(sealed) == text);
    sealed.clear();
    server->end();
    std::string none;
    static_cast<void>(client.receive(server->send(none)));
    EXPECT_EQ(SSL_get_shutdown(client.get()), SSL_RECEIVED_SHUTDOWN) << "the end is told";
  }
}

TEST_F(tls_test, older_versions_and_what_is_no_tls_end_it) {
  {
    const auto server = load(files())->make_transport();
    tls_client client(TLS1_1_VERSION);
    EXPECT_FALSE(shake(client, *server));
    EXPECT_FALSE(client.established());
  }
  const std::string huge_hello = std::string("\x16\x03\x01\x40\x00\x01\xff\xff\xff", 9);
  for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100, '\0'),
                                   huge_hello + std::string(17'000, 'x')}) {
    const auto server = load(files())->make_transport();
    EXPECT_FALSE(server->receive(bytes));
    EXPECT_FALSE(server->receive("more"));
  }
}

TEST_F(tls_test, the_peers_end_is_known) {
  const auto server = load(files())->make_transport();
  tls_client client;
  ASSERT_TRUE(shake(client, *server));
  client.say("last words");
  SSL_shutdown(client.get());
  EXPECT_FALSE(server->peer_ended());
  EXPECT_EQ(server->receive(client.sent()), "last words");
  EXPECT_TRUE(server->peer_ended());
}

TEST_F(tls_test, a_broken_record_ends_it) {
  const auto server = load(files())->make_transport();
  tls_client client;
  ASSERT_TRUE(shake(client, *server));
  client.say("text");
  std::string bytes = client.sent();
  bytes.back() ^= 1;
  EXPECT_FALSE(server->receive(bytes));
}

TEST_F(tls_test, client_certificates_are_asked_for_and_looked_at) {
  tls_files from = files();
  from.client_ca = path("their-cert");
  const auto context = load(from);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    {
      const auto server = context->make_transport();
      tls_client client(version, &theirs_);
      ASSERT_TRUE(shake(client, *server));
      EXPECT_TRUE(server->established());
      // And the session may be taken up.
      const owned_session session = client.session();
      const auto again = context->make_transport();
      tls_client second(version, &theirs_);
      second.resume(session.get());
      ASSERT_TRUE(shake(second, *again));
      EXPECT_TRUE(second.resumed());
    }
    for (const test_certificate* shown : {static_cast<const test_certificate*>(nullptr), &mine_}) {
      const auto server = context->make_transport();
      tls_client client(version, shown);
      EXPECT_FALSE(shake(client, *server));
      EXPECT_FALSE(server->established());
    }
  }
}

TEST_F(tls_test, sessions_outlive_a_reload_and_connections_keep_what_they_began_with) {
  const auto before = load(files());
  const auto server = before->make_transport();
  tls_client client;
  ASSERT_TRUE(shake(client, *server));
  const owned_session session = client.session();
  const test_certificate renewed("weir", 2);
  renewed.write(path("cert"), path("key"));
  const auto after = load(files(), before.get());
  const auto next = after->make_transport();
  tls_client second;
  second.resume(session.get());
  ASSERT_TRUE(shake(second, *next));
  EXPECT_TRUE(second.resumed());
  // A new session shows the new certificate.
  const auto fresh = after->make_transport();
  tls_client third;
  ASSERT_TRUE(shake(third, *fresh));
  const owned_certificate shown(SSL_get1_peer_certificate(third.get()));
  EXPECT_EQ(X509_cmp(shown.get(), renewed.certificate.get()), 0);
  client.say("still here");
  EXPECT_EQ(server->receive(client.sent()), "still here");
}

TEST_F(tls_test, sessions_end_with_the_authorities_that_they_began_under) {
  tls_files asking = files();
  asking.client_ca = path("their-cert");
  const test_certificate others("client", 2);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    theirs_.write(path("their-cert"), path("their-key"));
    const auto open_to_all = load(files());
    const auto server = open_to_all->make_transport();
    tls_client client(version);
    ASSERT_TRUE(shake(client, *server));
    const owned_session without_certificate = client.session();
    const auto asks = load(asking, open_to_all.get());
    const auto next = asks->make_transport();
    tls_client second(version);
    second.resume(without_certificate.get());
    EXPECT_FALSE(shake(second, *next)) << "it has shown no certificate";
    EXPECT_FALSE(next->established());
    // The same of one whose authority is another now, of the same name and in the same file.
    const auto good = asks->make_transport();
    tls_client third(version, &theirs_);
    ASSERT_TRUE(shake(third, *good));
    const owned_session of_theirs = third.session();
    const auto unchanged = load(asking, asks.get());
    const auto again = unchanged->make_transport();
    tls_client fourth(version, &theirs_);
    fourth.resume(of_theirs.get());
    ASSERT_TRUE(shake(fourth, *again));
    EXPECT_TRUE(fourth.resumed());
    others.write(path("their-cert"), path("their-key"));
    const auto changed = load(asking, unchanged.get());
    const auto last = changed->make_transport();
    tls_client fifth(version, &theirs_);
    fifth.resume(of_theirs.get());
    EXPECT_FALSE(shake(fifth, *last));
    EXPECT_FALSE(last->established());
  }
}

TEST_F(tls_test, http_2_is_not_chosen) {
  const auto server = load(files())->make_transport();
  tls_client client;
  const std::string offered = "\x02h2\x08http/1.1";
  SSL_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                      static_cast<unsigned>(offered.size()));
  ASSERT_TRUE(shake(client, *server));
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(client.get(), &chosen, &length);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), length), "http/1.1");
}

TEST_F(tls_test, files_that_cannot_be_used_are_named) {
  std::ofstream(path("text")) << "no certificate";
  const std::string missing = path("missing");
  tls_files wrong = files();
  wrong.certificate = missing;
  EXPECT_EQ(error_of(wrong), "tls.certificate = \"" + missing + "\": No such file or directory");
  wrong.certificate = path("text");
  EXPECT_NE(error_of(wrong).find("tls.certificate = \"" + path("text") + "\": "),
            std::string::npos);
  wrong = files();
  wrong.key = missing;
  EXPECT_NE(error_of(wrong).find("tls.key = \"" + missing + "\": No such file"), std::string::npos);
  wrong.key = path("their-key");
  EXPECT_EQ(error_of(wrong), "tls.key = \"" + path("their-key") +
                                 "\": it is not the key of the certificate " + path("cert"));
  wrong = files();
  wrong.client_ca = path("text");
  EXPECT_NE(error_of(wrong).find("tls.client_ca = \"" + path("text") + "\": "), std::string::npos);
  EXPECT_TRUE(load({})->is_plain());
}

}  // namespace
}  // namespace weir
