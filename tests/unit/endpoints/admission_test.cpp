#include "endpoints/door/admission.h"

#include <gtest/gtest.h>

#include "endpoints/door/authorization.h"
#include "endpoints/door/host_rule.h"

namespace pprof::http {
namespace {

constexpr char kToken[] = "0123456789abcdef0123456789abcdef";

int StatusOf(const std::string& headers, const Options& options = {},
             const std::string& line = "GET / HTTP/1.1") {
  HeadReader reader;
  const auto state = reader.Append(line + "\r\n" + headers + "\r\n");
  if (state == HeadReader::State::kRefused) return reader.refused().status;
  const auto refused = Admit(reader.head(), options);
  return refused ? refused->status : 200;
}

TEST(HostRule, TakesLocalhostAddressesAndNames) {
  const std::vector<std::string> names = {"prof.example.org"};
  for (const char* host :
       {"localhost", "LocalHost", "localhost:6060", "127.0.0.1", "127.0.0.1:1", "10.1.2.3:65535",
        "[::1]", "[::1]:6060", "[fe80::1]", "prof.example.org", "PROF.example.org:80"}) {
    EXPECT_TRUE(IsAllowedHost(host, names)) << host;
  }
}

TEST(HostRule, RefusesEverythingElse) {
  for (const std::string& host : {std::string(),
                                  std::string("evil.example"),
                                  std::string("localhost.evil.example"),
                                  std::string("evil.localhost"),
                                  std::string("127.1"),
                                  std::string("0x7f.0.0.1"),
                                  std::string("0177.0.0.1"),
                                  std::string("2130706433"),
                                  std::string("127.0.0.1.evil.example"),
                                  std::string("127.0.0.1:"),
                                  std::string("127.0.0.1:65536"),
                                  std::string("127.0.0.1:80:80"),
                                  std::string("127.0.0.1 "),
                                  std::string("::1"),
                                  std::string("[::1"),
                                  std::string("[::1]x"),
                                  std::string("[]"),
                                  std::string("[127.0.0.1]"),
                                  std::string("[::1%lo]"),
                                  std::string("user@localhost"),
                                  std::string("localhost."),
                                  std::string("localhost\0", 10),
                                  std::string("127.0.0.1\0x", 11),
                                  std::string(300, 'a')}) {
    EXPECT_FALSE(IsAllowedHost(host, {})) << host;
  }
}

TEST(HostRule, KnowsLoopbackAndOwnOrigins) {
  EXPECT_TRUE(IsLoopbackAddress("127.0.0.1"));
  EXPECT_TRUE(IsLoopbackAddress("127.9.9.9"));
  EXPECT_TRUE(IsLoopbackAddress("::1"));
  for (const char* address :
       {"0.0.0.0", "128.0.0.1", "::", "10.0.0.1", "::ffff:127.0.0.1", "127."}) {
    EXPECT_FALSE(IsLoopbackAddress(address)) << address;
  }
  EXPECT_TRUE(IsOwnOrigin("http://localhost:6060", "localhost:6060"));
  for (const char* origin : {"null", "", "http://localhost:6061", "http://evil.example", "file://",
                             "http://localhost:6060/", "http://localhost:6060.evil.example"}) {
    EXPECT_FALSE(IsOwnOrigin(origin, "localhost:6060")) << origin;
  }
}

TEST(Authorization, TakesBearerAndEitherFieldOfBasic) {
  EXPECT_TRUE(ShowsToken(std::string("Bearer ") + kToken, kToken));
  EXPECT_TRUE(ShowsToken(std::string("bearer ") + kToken, kToken));
  EXPECT_TRUE(ShowsToken("Basic OnNlY3JldA==", "secret"));      // :secret
  EXPECT_TRUE(ShowsToken("Basic dXNlcjpzZWNyZXQ=", "secret"));  // user:secret
  EXPECT_TRUE(ShowsToken("Basic dTphOmI=", "a:b"));             // u:a:b
  EXPECT_TRUE(ShowsToken("Basic c2VjcmV0Og==", "secret"));      // secret:
  EXPECT_TRUE(ShowsToken("Basic YTpiOg==", "a:b"));             // a:b:
  EXPECT_FALSE(ShowsToken("Basic c2VjcmV0Ong=", "secret"));     // secret:x
}

TEST(Authorization, RefusesEverythingElse) {
  for (const std::string& header :
       {std::string(), std::string("secret"), std::string("Bearer"), std::string("Bearer "),
        std::string("Bearer secre"), std::string("Bearer secrets"), std::string("Bearer  secret"),
        std::string("Basic"), std::string("Basic secret"), std::string("Basic c2VjcmV0"),
        std::string("Basic OnNlY3JldA="), std::string("Basic ===="), std::string("Digest secret"),
        std::string("Bearer secret\0", 14), std::string(9000, 'a')}) {
    EXPECT_FALSE(ShowsToken(header, "secret")) << header;
  }
  EXPECT_FALSE(ShowsToken("Bearer ", ""));
}

TEST(Admission, NeedsExactlyOneHostOfTheList) {
  EXPECT_EQ(StatusOf("Host: localhost\r\n"), 200);
  EXPECT_EQ(StatusOf(""), 400);
  EXPECT_EQ(StatusOf("Host: localhost\r\nHost: localhost\r\n"), 400);
  EXPECT_EQ(StatusOf("Host: evil.example\r\n"), 421);
}

TEST(Admission, TakesAnyHostWithTheToken) {
  Options options;
  options.token = "secret";
  const std::string host = "Host: app:6060\r\n";
  EXPECT_EQ(StatusOf(host + "Authorization: Bearer secret\r\n", options), 200);
  EXPECT_EQ(StatusOf(host + "Authorization: Bearer other\r\n", options), 421);
  EXPECT_EQ(StatusOf(host, options), 421);
  EXPECT_EQ(StatusOf("Authorization: Bearer secret\r\n", options), 400);
}

TEST(Admission, RefusesWhatItsClientsNeverSend) {
  const std::string host = "Host: localhost\r\n";
  for (const char* header : {"Range: bytes=0-1", "Transfer-Encoding: chunked", "Upgrade: h2c",
                             "Content-Encoding: gzip", "Trailer: x"}) {
    EXPECT_EQ(StatusOf(host + header + "\r\n"), 400) << header;
  }
  EXPECT_EQ(StatusOf(host + "Expect: 100-continue\r\n"), 417);
  EXPECT_EQ(StatusOf(host + "Content-Type: multipart/form-data; boundary=x\r\n"), 400);
  EXPECT_EQ(StatusOf(host + "Content-Type: MultiPart/form-data; boundary=x\r\n"), 400);
  EXPECT_EQ(StatusOf(host + "Content-Length: 5\r\n"), 400);
  EXPECT_EQ(StatusOf(host + "Content-Length: 5\r\n", {}, "POST / HTTP/1.1"), 200);
  EXPECT_EQ(StatusOf(host, {}, "POST / HTTP/1.1"), 200);
}

TEST(Admission, RefusesPagesOfOtherOrigins) {
  const std::string host = "Host: localhost:6060\r\n";
  EXPECT_EQ(StatusOf(host + "Sec-Fetch-Site: none\r\n"), 200);
  EXPECT_EQ(StatusOf(host + "Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost:6060\r\n"),
            200);
  EXPECT_EQ(StatusOf(host + "Sec-Fetch-Site: cross-site\r\n"), 403);
  EXPECT_EQ(StatusOf(host + "Sec-Fetch-Site: same-site\r\n"), 403);
  EXPECT_EQ(StatusOf(host + "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n"), 403);
  EXPECT_EQ(StatusOf(host + "Origin: null\r\n"), 403);
  EXPECT_EQ(StatusOf(host + "Origin: http://evil.example\r\n"), 403);
  EXPECT_EQ(StatusOf(host + "Origin: http://localhost:8080\r\n"), 403);
}

TEST(Admission, AsksForTheToken) {
  Options options;
  options.token = kToken;
  const std::string host = "Host: localhost\r\n";
  EXPECT_EQ(StatusOf(host, options), 401);
  EXPECT_EQ(StatusOf(host + "Authorization: Bearer wrong\r\n", options), 401);
  const std::string right = std::string("Authorization: Bearer ") + kToken + "\r\n";
  EXPECT_EQ(StatusOf(host + right, options), 200);
  EXPECT_EQ(StatusOf(host + right + right, options), 401);
}

}  // namespace
}  // namespace pprof::http
