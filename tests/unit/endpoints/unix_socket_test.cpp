// The server on a Unix socket: permissions, and replacing existing files.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "pprof/http.h"
#include "tests/unit/endpoints/http_client.h"
#include "tests/unit/endpoints/test_server.h"

namespace pprof::http {
namespace {

class UnixSocket : public testing::Test {
 protected:
  ~UnixSocket() override { std::filesystem::remove_all(folder_); }

  Options At(const std::string& path) const {
    Options options = Local();
    options.address = "unix:" + path;
    return options;
  }

  const std::string folder_ = testing::TempDir() + "pprof_socket_" + std::to_string(getpid());
  const std::string path_ = folder_ + "/door.sock";
};

TEST_F(UnixSocket, IsOursAloneAndGoesWithTheServer) {
  Options options = At(folder_ + "/door.%p.sock");
  const std::string path = folder_ + "/door." + std::to_string(getpid()) + ".sock";
  struct stat info {};
  {
    const Server server = Started(options);
    EXPECT_EQ(server.port(), 0);
    EXPECT_EQ(server.address(), "unix:" + path);
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    ASSERT_EQ(stat(folder_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
    EXPECT_EQ(ReadAnswer(ConnectUnix(path, "GET /debug/pprof/ HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                  .status,
              200);
    auto second = Server::Start(options);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.status().code(), StatusCode::kConflict);
  }
  EXPECT_NE(stat(path.c_str(), &info), 0);
}

TEST_F(UnixSocket, ReplacesAStaleSocketAndNothingElse) {
  std::filesystem::create_directory(folder_);
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
  const int stale = BindUnix(path_);
  close(stale);  // the file stays without a listener
  { const Server server = Started(At(path_)); }
  std::ofstream(path_) << "precious";
  EXPECT_FALSE(Server::Start(At(path_)).ok());
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

TEST_F(UnixSocket, RemovesOnlyTheFileThatItBound) {
  int other = -1;
  {
    const Server server = Started(At(path_));
    unlink(path_.c_str());
    other = BindUnix(path_);
  }
  EXPECT_TRUE(std::filesystem::is_socket(path_));
  close(other);
}

TEST_F(UnixSocket, RefusesAFolderThatOthersEnter) {
  std::filesystem::create_directory(folder_);
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  auto server = Server::Start(At(path_));
  ASSERT_FALSE(server.ok());
  EXPECT_NE(server.status().message().find("0700"), std::string::npos);
  EXPECT_FALSE(Server::Start(At("/tmp/door.sock")).ok());
}

}  // namespace
}  // namespace pprof::http
