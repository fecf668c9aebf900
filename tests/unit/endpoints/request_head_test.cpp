#include "endpoints/door/request_head.h"

#include <gtest/gtest.h>

namespace pprof::http {
namespace {

using State = HeadReader::State;

State Feed(const std::string& bytes, size_t piece = std::string::npos) {
  HeadReader reader;
  State state = State::kIncomplete;
  for (size_t i = 0; i < bytes.size() && state == State::kIncomplete; i += piece) {
    state = reader.Append(std::string_view(bytes).substr(i, piece));
    if (piece == std::string::npos) break;
  }
  return state;
}

int StatusOf(const std::string& head) {
  HeadReader reader;
  return reader.Append(head) == State::kRefused ? reader.refused().status : 200;
}

TEST(HeadReader, CompleteHeadInOneAndInManyPieces) {
  const std::string head = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const size_t piece : {std::string::npos, size_t{1}, size_t{3}}) {
    EXPECT_EQ(Feed(head, piece), State::kComplete);
  }
  EXPECT_EQ(Feed(head.substr(0, head.size() - 1)), State::kIncomplete);
}

TEST(HeadReader, KeepsWhatComesBehindTheHead) {
  HeadReader reader;
  ASSERT_EQ(reader.Append("POST / HTTP/1.1\r\n\r\nbody\r\n\r\n"), State::kComplete);
  EXPECT_EQ(reader.head().method, "POST");
  EXPECT_EQ(reader.rest(), "body\r\n\r\n");
}

TEST(HeadReader, NonsenseIsRefusedBeforeItsEnd) {
  for (const std::string& bytes :
       {std::string("GET /\r\n"), std::string("GET / HTTP/1.1\n"), std::string("\r\n"),
        std::string("\x16\x03\x01"), std::string("GET /\0", 6), std::string("GET / HTTP/1.1\rX"),
        std::string("GET / HTTP/1.1\r\nA: b\x01"), std::string("PRI * HTTP/2.0\r\n"),
        std::string("GET / HTTP/1.1\r\nA: b\n")}) {
    EXPECT_EQ(Feed(bytes), State::kRefused) << bytes;
    EXPECT_EQ(Feed(bytes, 1), State::kRefused) << bytes;
  }
}

TEST(HeadReader, StopsAtSixteenKiB) {
  EXPECT_EQ(Feed(std::string(kMaxHeadBytes, 'a')), State::kIncomplete);
  EXPECT_EQ(Feed(std::string(kMaxHeadBytes + 1, 'a')), State::kRefused);
}

TEST(RequestHead, TakesTheLineAndTheHeadersApart) {
  HeadReader reader;
  ASSERT_EQ(reader.Append("POST /a/b?c=d&e HTTP/1.0\r\nHOST:  x:1 \r\nContent-Length: 12\r\n\r\n"),
            State::kComplete);
  const RequestHead& head = reader.head();
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_EQ(head.query, "c=d&e");
  EXPECT_EQ(*head.Find("host"), "x:1");
  EXPECT_EQ(head.content_length, 12u);
}

TEST(RequestHead, RefusesOtherRequestLines) {
  EXPECT_EQ(StatusOf("GET http://localhost/ HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET * HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET /a b HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET  / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET /\x80 HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET /#a HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.2\r\n\r\n"), 505);
  EXPECT_EQ(StatusOf("GET / http/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("PUT / HTTP/1.1\r\n\r\n"), 405);
  EXPECT_EQ(StatusOf("get / HTTP/1.1\r\n\r\n"), 405);
  EXPECT_EQ(StatusOf("GET /" + std::string(kMaxPathBytes, 'a') + " HTTP/1.1\r\n\r\n"), 414);
  EXPECT_EQ(StatusOf("GET /?" + std::string(2 * kMaxPathBytes + 1, 'a') + " HTTP/1.1\r\n\r\n"),
            414);
}

TEST(RequestHead, RefusesOtherHeaders) {
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(StatusOf(line + "no colon\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(line + "Space : x\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(line + ": x\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(line + "A: b\r\n folded\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(line + "A: b\x7f\r\n\r\n"), 400);
  std::string many = line;
  for (size_t i = 0; i <= kMaxHeaders; ++i) many += "A: b\r\n";
  EXPECT_EQ(StatusOf(many + "\r\n"), 431);
}

TEST(RequestHead, ContentLengthIsOneNumberUpToOneMiB) {
  const std::string line = "POST / HTTP/1.1\r\n";
  EXPECT_EQ(StatusOf(line + "Content-Length: 1048576\r\n\r\n"), 200);
  EXPECT_EQ(StatusOf(line + "Content-Length: 1048577\r\n\r\n"), 413);
  EXPECT_EQ(StatusOf(line + "Content-Length: 9999999999999999999\r\n\r\n"), 413);
  for (const char* text : {"", "-1", "+1", "1 2", "0x1", "1,1", "99999999999999999999"}) {
    EXPECT_EQ(StatusOf(line + "Content-Length: " + text + "\r\n\r\n"), 400) << text;
  }
  EXPECT_EQ(StatusOf(line + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), 400);
}

}  // namespace
}  // namespace pprof::http
